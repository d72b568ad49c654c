"""Images beside those that an encoder finds most like them: as a sheet, and for the page of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from jaxtyping import UInt8
from torch import Tensor

from lookalike.gallery import stored
from lookalike.gallery.found_page import address
from lookalike.gallery.sheet import Cell, write_sheet


class Seen(NamedTuple):
    """An image.

    Args:
        pixels: of it, whole or reduced.
        name: of its file, or in its set.
        label: its class, or "".
        cosine: of its features and those of the image that was asked about, which has 1 itself.
    """

    pixels: UInt8[Tensor, "c h w"]
    name: str
    label: str
    cosine: float = 1.0


@dataclass(frozen=True)
class Picture:
    """The same with an address that holds a small copy."""

    image: str
    name: str
    label: str
    cosine: float


@dataclass(frozen=True)
class Row:
    """An image and its neighbours, the nearest first."""

    query: Picture
    near: list[Picture]


@dataclass(frozen=True)
class Neighbours:
    """Args:
    searched: images among which neighbours were looked for.
    of: as many there are in all.
    agreement: mean share of an image's neighbours that are of its class; None without labels.
    rows: some of them.
    """

    searched: int
    of: int
    agreement: float | None
    rows: list[Row]


def is_wrong(one: Seen | Picture, query: Seen | Picture) -> bool:
    """Whether both have a class, and not the same."""
    return bool(one.label and query.label) and one.label != query.label


def write_neighbours(
    rows: Sequence[Sequence[Seen]],
    path: Path,
    *,
    searched: int,
    of: int,
    agreement: float | None,
) -> None:
    """Writes a PNG for people, and beside it a JSON file for the page.

    Args:
        rows: an image, and then its neighbours, the nearest first; equally many in each row.
        path: of the PNG.
        searched: images among which neighbours were looked for.
        of: as many there are in all.
        agreement: mean share of an image's neighbours that are of its class; None without labels.

    Raises:
        StorageError: the disk refused.
    """
    cells = [[[_cell(row[0], row[0])], [_cell(one, row[0]) for one in row[1:]]] for row in rows]
    write_sheet(cells, ["image", "most alike, and the cosine of the features"], path)
    kept = [Row(_picture(row[0]), [_picture(one) for one in row[1:]]) for row in rows]
    stored.write(path.with_suffix(".json"), Neighbours(searched, of, agreement, kept))


def _cell(one: Seen, query: Seen) -> Cell:
    """What is said below it; wrong ones are framed."""
    cosine = [] if one is query else [f"{one.cosine:.3f}"]
    return Cell(one.pixels, [*cosine, *filter(None, [one.label])], is_wrong(one, query))


def _picture(one: Seen) -> Picture:
    return Picture(address(one.pixels), one.name, one.label, round(one.cosine, 4))
