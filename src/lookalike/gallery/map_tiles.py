"""Thumbnails for a page: many small pictures in few JPEG sheets."""

import io
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

ACROSS = 32
"""Tiles in each row of a sheet, and rows."""

SIDES = (64, 48, 32, 24, 16)
"""What the side of a tile may be, in pixels."""

_PIXELS = 30_000_000  # of all tiles of a page, so that it stays small and quick
_QUALITIES = (80, 60, 40, 20)


@dataclass(frozen=True)
class Tiles:
    """Small square pictures of one size.

    Args:
        side: of each, in pixels.
        sheets: JPEG files of 32 × 32 tiles each, row by row; the last one may be shorter.
    """

    side: int
    sheets: tuple[bytes, ...]


def side_for(count: int) -> int:
    """The side of tiles, in pixels, of which a page can hold so many."""
    return next((side for side in SIDES if count * side**2 <= _PIXELS), SIDES[-1])


def tiles(pictures: UInt8[Tensor, "n c s s"], room: int) -> Tiles | None:
    """The pictures as sheets, in the best quality for which there is room; None where there is none.

    Of more than three channels the first three are shown, of two the first.

    Args:
        pictures: all of one size.
        room: bytes that they may take.
    """
    channels = 3 if pictures.shape[1] >= 3 else 1
    groups = torch.split(pictures[:, :channels], ACROSS**2)
    for quality in _QUALITIES:
        sheets: list[bytes] = []
        for group in groups:
            sheets.append(_sheet(group, quality))
            if sum(map(len, sheets)) > room:
                break
        else:
            return Tiles(pictures.shape[-1], tuple(sheets))
    return None


def _sheet(pictures: UInt8[Tensor, "n c s s"], quality: int) -> bytes:
    """One JPEG of up to 32 × 32 pictures."""
    count, channels, side, _ = pictures.shape
    rows = -(-count // ACROSS)
    whole = torch.zeros((rows * ACROSS, channels, side, side), dtype=torch.uint8)
    whole[:count] = pictures
    grid = whole.view(rows, ACROSS, channels, side, side).permute(0, 3, 1, 4, 2)
    pixels = np.ascontiguousarray(grid.reshape(rows * side, ACROSS * side, channels).numpy())
    buffer = io.BytesIO()
    picture = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
    picture.save(buffer, "jpeg", quality=quality, optimize=True)
    return buffer.getvalue()
