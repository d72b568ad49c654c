"""Pictures as NumPy arrays: .npy files, with any number of channels.

Satellites and microscopes see more than red, green and blue. A file holds one array [height, width]
or [height, width, channels] of 8-bit or 16-bit whole numbers. Pickled objects are never loaded.
"""

import io
import math

import numpy as np
import torch
from jaxtyping import Integer, UInt8
from numpy.lib import format as npy
from torch import Tensor

from lookalike.data.reasons import Reason, Refused

MOST_CHANNELS = 64

File = io.BytesIO | io.BufferedReader


def is_array(file: File) -> bool:
    """Whether a file begins as .npy files do; it is left at its beginning."""
    start = file.read(len(npy.MAGIC_PREFIX))
    file.seek(0)
    return start == npy.MAGIC_PREFIX


def measure(file: File) -> tuple[int, int, int, bool]:
    """Height, width, channels, and whether the values have 16 bits; only the header is read.

    Raises:
        Refused: it holds something else than a picture, or not the whole of it.
    """
    shape, kind = _header(file)
    if kind.kind == "f":
        raise Refused(Reason.VALUES, "floating-point values have no agreed range")
    if kind.kind != "u" or kind.itemsize > 2:
        raise Refused(Reason.VALUES, f"values of type {kind}, not uint8 or uint16")
    height, width, channels = _sides(shape)
    here, end = file.tell(), file.seek(0, io.SEEK_END)
    if end - here < math.prod(shape) * kind.itemsize:
        raise Refused(Reason.CUT)
    return height, width, channels, kind.itemsize == 2


def read(file: File) -> UInt8[Tensor, "c h w"]:
    """The pixels; 16-bit values are scaled.

    Raises:
        Refused: as for `measure`.
    """
    height, width, channels, deep = measure(file)
    file.seek(0)
    values = npy.read_array(file, allow_pickle=False).reshape(height, width, channels)
    return torch.from_numpy(eight_bits(values) if deep else values).permute(2, 0, 1)


def eight_bits(values: Integer[np.ndarray, "..."]) -> UInt8[np.ndarray, "..."]:
    """Values from 0 to 65,535 as the nearest ones from 0 to 255."""
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _header(file: File) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    """Shape and type."""
    version = npy.read_magic(file)
    if version == (1, 0):
        shape, _, kind = npy.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, kind = npy.read_array_header_2_0(file)
    else:
        raise Refused(Reason.VALUES, "an npy format that is not for plain numbers")
    return shape, kind


def _sides(shape: tuple[int, ...]) -> tuple[int, int, int]:
    match shape:
        case (height, width) if height and width:
            return height, width, 1
        case (height, width, channels) if height and width and 1 <= channels <= MOST_CHANNELS:
            return height, width, channels
    raise Refused(
        Reason.VALUES,
        f"an array of shape {shape}, not (height, width) or (height, width, up to "
        f"{MOST_CHANNELS} channels)",
    )
