"""From bytes to pixels, with Pillow alone.

Every picture becomes 8-bit grey or RGB, upright: the EXIF orientation is applied (a broken EXIF
block is ignored, the picture is still good), 16-bit values are scaled, palettes and CMYK converted,
and transparency is laid on white, as a web page shows it. Of an animation the first frame counts.
What is truncated, broken, larger than Pillow's limit against decompression bombs or without an
agreed range of values raises `UnreadableImage`: nothing is guessed or filled with grey.
"""

import contextlib
import functools
import io
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from lookalike.data.listing import Files
from lookalike.errors import DataError

T = TypeVar("T")


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
    grey: bool


def read_header(files: Files, row: int) -> Header:
    """Size and kind of picture `row`, without decoding it."""
    with _opened(files, row) as image:
        width, height = image.size
        if image.format != "TIFF" and _orientation(image) in _SWAPS_SIDES:  # TIFF's is upright
            width, height = height, width
        return Header(height, width, image.mode in _GREY)


def decode(files: Files, row: int, channels: int) -> UInt8[Tensor, "channels h w"]:
    """Picture `row`, upright.

    Args:
        files: where it is.
        row: which.
        channels: 1 for grey, 3 for RGB.

    Raises:
        UnreadableImage: with the reason.
    """
    with _opened(files, row) as image:
        return upright(image, channels)


def upright(image: Image.Image, channels: int) -> UInt8[Tensor, "channels h w"]:
    """The pixels of a picture, with its EXIF orientation applied.

    Args:
        image: in any mode.
        channels: 1 for grey, 3 for RGB.

    Raises:
        ValueError: its values have no agreed range.
    """
    image.load()  # before the question: it turns a TIFF itself, and finds a PNG's late EXIF
    turned = _UPRIGHT.get(_orientation(image))
    flat = _flat(image, "L" if channels == 1 else "RGB")
    pixels = np.array(flat if turned is None else flat.transpose(turned))
    return torch.from_numpy(pixels.reshape(*pixels.shape[:2], channels)).permute(2, 0, 1)


def for_each(work: Callable[[int], T], count: int) -> list[T]:
    """work(0) … work(count - 1), in order, on several threads and without Pillow's warnings."""

    def block(start: int) -> list[T]:
        return [work(row) for row in range(start, min(start + _BLOCK, count))]

    with quiet(), ThreadPoolExecutor(_THREADS) as pool:
        return [result for part in pool.map(block, range(0, count, _BLOCK)) for result in part]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silences Pillow's warnings: what is fatal also raises. Not for use inside a thread."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@functools.cache
def formats() -> tuple[str, ...]:
    """Pillow's formats that hold pixels and are read without starting another program."""
    Image.init()
    return tuple(dict.fromkeys(name for name in (*_COMMON, *Image.ID) if name not in _NOT_PIXELS))


@functools.cache
def suffixes() -> frozenset[str]:
    """How the names of picture files end, in lower case, with the dot."""
    known = set(formats())
    return frozenset(end for end, name in Image.registered_extensions().items() if name in known)


_BLOCK, _THREADS = 64, 4  # threads hide the disk's delays; decoding itself gains little
_COMMON = (
    "JPEG",
    "PNG",
    "WEBP",
    "BMP",
    "GIF",
    "TIFF",
)  # tried first, or opening takes twice as long
_NOT_PIXELS = {"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG"}
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
def _opened(files: Files, row: int) -> Iterator[Image.Image]:
    try:
        with files.open(row) as file:
            try:
                with Image.open(file, formats=formats()) as image:
                    yield image
            except UnidentifiedImageError:
                raise ValueError(_what_instead(file)) from None
    except Exception as error:  # Pillow's plugins raise a dozen kinds on broken files
        raise UnreadableImage(files.name(row), _reason(error)) from error


def _what_instead(file: io.BytesIO | io.BufferedReader) -> str:
    file.seek(0)
    return "not a picture in a known format" if file.read(1) else "empty file"


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
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ValueError("integer values outside 0 to 65,535 have no agreed range")
    return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))
