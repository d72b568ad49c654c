"""What the headers of all pictures say, and which pictures fit the others."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.data.decoding import Header, UnreadableImage, read_header
from lookalike.data.ledger import counted
from lookalike.data.listing import Files
from lookalike.data.threads import for_each


class Inspected(NamedTuple):
    """The pictures that can be used, as far as their headers tell.

    Args:
        headers: row → header.
        channels: of all of them, once decoded.
        skipped: row → why not, for the others.
    """

    headers: dict[int, Header]
    channels: int
    skipped: dict[int, str]

    @property
    def sizes(self) -> Int[Tensor, "n 2"]:
        """Height and width of each, upright."""
        sizes = [(header.height, header.width) for header in self.headers.values()]
        return torch.tensor(sizes, dtype=torch.int64).view(-1, 2)

    @property
    def deep(self) -> list[int]:
        """The rows with 16-bit values, which are scaled."""
        return [row for row, header in self.headers.items() if header.deep]


def inspect(files: Files, count: int, channels: int | None = None) -> Inspected:
    """Reads the headers of the first `count` files.

    Args:
        files: the pictures.
        count: how many there are.
        channels: those wanted; None leaves it to `common_channels`.
    """

    def work(row: int) -> Header | str:
        try:
            return read_header(files, row)
        except UnreadableImage as error:
            return error.reason

    found = for_each(work, count)
    wanted = channels or common_channels([one for one in found if isinstance(one, Header)])
    checked = [_fitting(one, wanted) if isinstance(one, Header) else one for one in found]
    return Inspected(
        {row: one for row, one in enumerate(checked) if isinstance(one, Header)},
        wanted,
        {row: one for row, one in enumerate(checked) if isinstance(one, str)},
    )


def common_channels(headers: Sequence[Header]) -> int:
    """Those of the first array, as arrays are not converted; without one 3, or 1 if all are grey."""
    arrays = (header.channels for header in headers if header.array)
    return next(arrays, max((header.channels for header in headers), default=3))


def _fitting(header: Header, wanted: int) -> Header | str:
    """The header, or why the picture cannot get the channels wanted: only colours are converted."""
    converted = wanted in (1, 3) and not header.array
    if converted or header.channels == wanted:
        return header
    return f"{counted(header.channels, 'channel')} instead of {wanted}"
