"""From bytes to pixels, with Pillow, or NumPy for arrays.

Every picture becomes 8-bit grey or RGB, upright: the EXIF orientation is applied (a broken EXIF
block is ignored, the picture is still good), 16-bit values are scaled, palettes and CMYK converted,
and transparency is laid on white, as a web page shows it. Of an animation the first frame counts.
Arrays keep the channels they have. What is truncated, broken, larger than Pillow's limit against
decompression bombs or without an agreed range of values raises `UnreadableImage`: nothing is guessed
or filled with grey.
"""

import contextlib
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
from lookalike.data.formats import formats
from lookalike.data.ledger import counted
from lookalike.data.listing import Files
from lookalike.errors import DataError


class UnreadableImage(DataError):  # noqa: N818 - the word the books use
    """One picture cannot be read.

    Args:
        name: which.
        reason: why.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The picture {name!r} cannot be read.", why=f"Reason: {reason}.")
        self.name, self.reason = name, reason


class Header(NamedTuple):
    """What a file says of its picture before it is decoded."""

    height: int  # upright
    width: int
    channels: int
    deep: bool = False  # 16 bits a value
    array: bool = False  # its channels are not colours, and never converted


def read_header(files: Files, row: int) -> Header:
    """Size and kind of picture `row`, without decoding it."""
    with _reasons(files.name(row)), files.open(row) as file:
        if arrays.is_array(file):
            return Header(*arrays.measure(file), array=True)
        with _picture(file) as image:
            width, height = image.size
            if image.format != "TIFF" and _orientation(image) in _SWAPS_SIDES:  # TIFF's is upright
                width, height = height, width
            return Header(height, width, 1 if image.mode in _GREY else 3, _is_deep(image))


def decode(
    files: Files, row: int, channels: int, reduction: int = 1
) -> UInt8[Tensor, "channels h w"]:
    """Picture `row`, upright.

    Args:
        files: where it is.
        row: which.
        channels: 1 for grey, 3 for RGB; of an array, those it has.
        reduction: 2, 4 or 8 decodes a JPEG at that fraction of its sides, rounded up, which is
            several times as fast. The size tells what came of it: other files come whole.

    Raises:
        UnreadableImage: with the reason.
    """
    with _reasons(files.name(row)), files.open(row) as file:
        if not arrays.is_array(file):
            with _picture(file) as image:
                _reduce(image, reduction)
                return upright(image, channels)
        pixels = arrays.read(file)
        if len(pixels) != channels:
            raise ValueError(f"{counted(len(pixels), 'channel')} instead of {channels}")
        return pixels


def upright(image: Image.Image, channels: int) -> UInt8[Tensor, "channels h w"]:
    """The pixels of a picture, with its EXIF orientation applied.

    Args:
        image: in any mode.
        channels: 1 for grey, 3 for RGB.

    Raises:
        ValueError: its values have no agreed range, or other channels are asked for.
    """
    if channels not in _MODES:
        raise ValueError(f"a picture has 1 or 3 channels, not {channels}")
    image.load()  # before the question: it turns a TIFF itself, and finds a PNG's late EXIF
    turned = _UPRIGHT.get(_orientation(image))
    flat = _flat(image, _MODES[channels])
    pixels = np.array(flat if turned is None else flat.transpose(turned))
    return torch.from_numpy(pixels.reshape(*pixels.shape[:2], channels)).permute(2, 0, 1)


_MODES = {1: "L", 3: "RGB"}
_GREY = {"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N"}
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
        raise UnreadableImage(name, _reason(error)) from error


@contextlib.contextmanager
def _picture(file: arrays.File) -> Iterator[ImageFile]:
    try:
        with Image.open(file, formats=formats()) as image:
            yield image
    except UnidentifiedImageError:
        file.seek(0)
        what = "not a picture in a known format" if file.read(1) else "empty file"
        raise ValueError(what) from None


def _reason(error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return "more pixels than Pillow's limit against decompression bombs"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


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
        raise ValueError("floating-point values have no agreed range")
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image if image.mode == mode else image.convert(mode)


def _eight_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:
        raise ValueError("integer values outside 0 to 65,535 have no agreed range")
    return Image.fromarray(arrays.eight_bits(values))
