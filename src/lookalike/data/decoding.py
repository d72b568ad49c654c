"""From bytes to pixels, with Pillow, or NumPy for arrays.

Every picture becomes 8-bit grey or RGB, upright: the EXIF orientation is applied (a broken EXIF
block is ignored, the picture is still good), 16-bit values are scaled, palettes and CMYK converted,
and transparency is laid on white, as a web page shows it. Of an animation the first frame counts.
Arrays keep the channels they have. What is truncated, broken, of too many pixels or without an agreed
range of values raises `UnreadableImage`: nothing is guessed or filled with grey.
"""

import contextlib
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from torch import Tensor

from lookalike.data import arrays
from lookalike.data.endings import completed
from lookalike.data.formats import formats
from lookalike.data.ledger import counted
from lookalike.data.listing import Files
from lookalike.data.reasons import Reason, Refused, Remark, reason_of
from lookalike.errors import DataError

PIXELS = 178_956_970
"""Pictures of more are not decoded; it is Pillow's own limit against decompression bombs."""


class UnreadableImage(DataError):  # noqa: N818 - the word the books use
    """One picture cannot be read.

    Args:
        name: which.
        reason: why, one of `Reason`, with a colon and a detail or without.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The picture {name!r} cannot be read.", why=f"Reason: {reason}.")
        self.name, self.reason = name, reason


class Header(NamedTuple):
    """What a file says of its picture before it is decoded."""

    height: int  # upright
    width: int
    channels: int
    remarks: Remark = Remark(0)
    array: bool = False  # its channels are not colours, and never converted


class Decoded(NamedTuple):
    """A picture, and what only its pixels tell."""

    pixels: UInt8[Tensor, "channels h w"]
    remarks: Remark = Remark(0)


def read_header(files: Files, row: int, pixels: int = PIXELS) -> Header:
    """Size and kind of picture `row`, without decoding it; no picture has more than `pixels`."""
    with _reasons(files.name(row)), files.open(row) as file:
        if arrays.is_array(file):
            height, width, channels, deep = arrays.measure(file)
            _check_size(width, height, pixels)
            remarks = Remark.DEEP if deep else Remark(0)
            return Header(height, width, channels, remarks | _thin(width, height), array=True)
        with _picture(file, pixels) as image:
            width, height = image.size
            if image.format != "TIFF" and _orientation(image) in _SWAPS_SIDES:  # TIFF's is upright
                width, height = height, width
            return Header(height, width, 1 if image.mode in _GREY else 3, _remarks(image))


def decode(
    files: Files, row: int, channels: int, reduction: int = 1, pixels: int = PIXELS
) -> Decoded:
    """Picture `row`, upright.

    Args:
        files: where it is.
        row: which.
        channels: 1 for grey, 3 for RGB; of an array, those it has.
        reduction: 2, 4 or 8 decodes a JPEG at that fraction of its sides, rounded up, which is
            several times as fast. The size tells what came of it: other files come whole.
        pixels: most that a picture may have.

    Raises:
        UnreadableImage: with the reason.
    """
    with _reasons(files.name(row)), files.open(row) as file:
        if not arrays.is_array(file):
            return _decode_picture(file, channels, reduction, pixels)
        _check_size(*arrays.measure(file)[:2], pixels)
        file.seek(0)
        found = arrays.read(file)
        if len(found) != channels:
            detail = f"{counted(len(found), 'channel')} instead of {channels}"
            raise Refused(Reason.CHANNELS, detail)
        return Decoded(found, _plain(found))


@contextlib.contextmanager
def allowing(pixels: int) -> Iterator[None]:
    """Raises Pillow's own limit where `pixels` is more. Not for use inside a thread."""
    before = Image.MAX_IMAGE_PIXELS
    if before is not None and 2 * before < pixels:
        Image.MAX_IMAGE_PIXELS = (pixels + 1) // 2  # it refuses twice as many
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def upright(image: Image.Image, channels: int) -> UInt8[Tensor, "channels h w"]:
    """The pixels of a picture, with its EXIF orientation applied.

    Args:
        image: in any mode.
        channels: 1 for grey, 3 for RGB.

    Raises:
        Refused: its values have no agreed range, or other channels are asked for.
    """
    if channels not in _MODES:
        raise Refused(Reason.CHANNELS, f"a picture has 1 or 3, not {channels}")
    image.load()  # before the question: it turns a TIFF itself, and finds a PNG's late EXIF
    turned = _UPRIGHT.get(_orientation(image))
    flat = _flat(image, _MODES[channels])
    pixels = np.array(flat if turned is None else flat.transpose(turned))
    return torch.from_numpy(pixels.reshape(*pixels.shape[:2], channels)).permute(2, 0, 1)


_MODES = {1: "L", 3: "RGB"}
_GREY = {"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N"}
_JPEG = b"\xff\xd8\xff"
_ORIENTATION, _AS_IT_IS = 0x0112, 1
_SWAPS_SIDES = {5, 6, 7, 8}
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@contextlib.contextmanager
def _reasons(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # Pillow's plugins raise a dozen kinds on broken files
        raise UnreadableImage(name, reason_of(error)) from error


@contextlib.contextmanager
def _picture(file: arrays.File, pixels: int) -> Iterator[ImageFile]:
    try:
        with Image.open(file, formats=formats()) as image:
            _check_size(*image.size, pixels)
            yield image
    except Image.DecompressionBombError:
        raise Refused(Reason.PIXELS, f"more than data.pixels={pixels:,} allows") from None
    except UnidentifiedImageError:
        file.seek(0)
        raise Refused(Reason.UNKNOWN if file.read(1) else Reason.EMPTY) from None


def _check_size(width: int, height: int, pixels: int) -> None:
    if width * height > pixels:
        detail = f"{width:,} × {height:,} are more than data.pixels={pixels:,} allows"
        raise Refused(Reason.PIXELS, detail)


def _decode_picture(file: arrays.File, channels: int, reduction: int, pixels: int) -> Decoded:
    try:
        with _picture(file, pixels) as image:
            _reduce(image, reduction)
            found = upright(image, channels)
            return Decoded(found, _plain(found))
    except OSError:
        file.seek(0)
        content = file.read()
        whole = completed(content) if content.startswith(_JPEG) else None
        if whole is None:
            raise
    found, remarks = _decode_picture(io.BytesIO(whole), channels, reduction, pixels)
    return Decoded(found, remarks | Remark.OPEN)


def _plain(pixels: UInt8[Tensor, "channels h w"]) -> Remark:
    """Whether all pixels are the same; most pictures show in their first row that they are not."""
    first = pixels[:, :1, :1]
    same = bool((pixels[:, :1] == first).all()) and bool((pixels == first).all())
    return Remark.PLAIN if same else Remark(0)


def _thin(width: int, height: int) -> Remark:
    return Remark.THIN if min(width, height) == 1 else Remark(0)


def _remarks(image: ImageFile) -> Remark:
    """What is odd about a picture, as far as its header tells."""
    deep = Remark.DEEP if _is_deep(image) else Remark(0)
    clear = Remark.CLEAR if image.has_transparency_data else Remark(0)
    return deep | clear | _frames(image) | _thin(*image.size)


def _frames(image: ImageFile) -> Remark:
    try:
        return Remark.FRAMES if getattr(image, "is_animated", False) else Remark(0)
    except Exception:  # a GIF looks for its second frame; if that is broken, the first may be good
        return Remark(0)


def _orientation(image: Image.Image) -> int:
    try:
        value = Image.Image.getexif(image).get(_ORIENTATION)  # PNG's own would decode the picture
    except Exception:  # a broken EXIF block of any kind says nothing about the pixels
        return _AS_IT_IS
    return value if isinstance(value, int) else _AS_IT_IS


def _is_deep(image: ImageFile) -> bool:
    """Pillow itself makes 8 bits of 16-bit colour: only its decoder's arguments tell."""
    return image.mode.startswith("I") or bool(_DEEP.search(str(image.tile[:1])))


_DEEP = re.compile("(?<!BGR);16")  # BGR;16 has 16 bits a pixel


def _reduce(image: ImageFile, reduction: int) -> None:
    """Has a JPEG decoded at a fraction of its size; what is turned must begin at a whole pixel."""
    turned = _orientation(image) != _AS_IT_IS
    if turned and any(side % reduction for side in image.size):
        return
    if 1 < reduction <= min(image.size):
        image.draft(None, (image.width // reduction, image.height // reduction))


def _flat(image: Image.Image, mode: str) -> Image.Image:
    """Eight bits, no transparency, and of `mode`."""
    if image.mode == "F":
        raise Refused(Reason.VALUES, "floating-point values have no agreed range")
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image if image.mode == mode else image.convert(mode)


def _eight_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:
        raise Refused(Reason.VALUES, "whole numbers outside 0 to 65,535 have no agreed range")
    return Image.fromarray(arrays.eight_bits(values))
