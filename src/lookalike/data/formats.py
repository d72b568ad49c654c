"""Which files may be pictures."""

import functools

from PIL import Image

_COMMON = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")  # first, or opening takes twice as long
_NOT_PIXELS = {"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG"}


@functools.cache
def formats() -> tuple[str, ...]:
    """Pillow's formats that hold pixels and are read without starting another program."""
    Image.init()
    return tuple(dict.fromkeys(name for name in (*_COMMON, *Image.ID) if name not in _NOT_PIXELS))


@functools.cache
def suffixes() -> frozenset[str]:
    """How the names of picture files end, in lower case, with the dot."""
    known = set(formats())
    ends = (end for end, name in Image.registered_extensions().items() if name in known)
    return frozenset([*ends, ".npy"])
