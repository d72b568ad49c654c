"""What the headers of all pictures say, and which pictures fit the others."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.data.decoding import PIXELS, Header, UnreadableImage, allowing, read_header
from lookalike.data.ledger import counted
from lookalike.data.listing import Files
from lookalike.data.reasons import Reason, because
from lookalike.data.threads import for_each


class Inspected(NamedTuple):
    """The pictures that can be used, as far as their headers tell.

    Args:
        rows: their numbers, ascending.
        sizes: height and width of each, upright.
        remarks: on each, as the bits of a `Remark`.
        channels: of all of them, once decoded.
        skipped: row → why not, for the others.
    """

    rows: Int[Tensor, " m"]
    sizes: Int[Tensor, "m 2"]
    remarks: Int[Tensor, " m"]
    channels: int
    skipped: dict[int, str]


def inspect(
    files: Files, count: int, channels: int | None = None, pixels: int = PIXELS
) -> Inspected:
    """Reads the headers of the first `count` files.

    Args:
        files: the pictures.
        count: how many there are.
        channels: those wanted; None leaves it to `common_channels`.
        pixels: most that a picture may have.
    """
    table = np.zeros((count, len(Header._fields)), np.int32)
    skipped = dict[int, str]()

    def work(row: int) -> None:
        try:
            table[row] = read_header(files, row, pixels)
        except UnreadableImage as error:
            skipped[row] = error.reason

    with allowing(pixels):
        for_each(work, count)
    found = _Table(*table.T)
    good = found.height > 0
    wanted = channels or _common(found.channels[good], found.array[good])
    fits = (found.channels == wanted) | ((wanted in _COLOURS) & (found.array == 0))
    for row in np.flatnonzero(good & ~fits).tolist():
        detail = f"{counted(int(found.channels[row]), 'channel')} instead of {wanted}"
        skipped[row] = because(Reason.CHANNELS, detail)
    rows = torch.from_numpy(np.flatnonzero(good & fits))
    kept = torch.from_numpy(table)[rows]
    ordered = {row: skipped[row] for row in sorted(skipped)}
    return Inspected(rows, kept[:, :2].long(), kept[:, 3].long(), wanted, ordered)


_COLOURS = (1, 3)
"""The channels that a picture can be given; those of an array are never converted."""


class _Table(NamedTuple):
    """Headers as columns, one array for each field."""

    height: np.ndarray
    width: np.ndarray
    channels: np.ndarray
    remarks: np.ndarray
    array: np.ndarray


def common_channels(headers: Sequence[Header]) -> int:
    """Those of the first array, as arrays are not converted; without one 3, or 1 if all are grey."""
    channels, array = ([header[place] for header in headers] for place in (2, 4))
    return _common(np.array(channels), np.array(array))


def _common(channels: np.ndarray, array: np.ndarray) -> int:
    if array.any():
        return int(channels[array.argmax()])
    return int(channels.max(initial=1)) if len(channels) else 3
