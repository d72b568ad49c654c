"""The map of images: one interactive file that needs neither network nor library."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from numpy.typing import NDArray
from torch import Tensor

from lookalike.files import write_text
from lookalike.gallery.map_tiles import ACROSS, Tiles, tiles
from lookalike.gallery.templates import filled

PAGE_BYTES = 14_500_000
"""The page becomes no larger while names and numbers alone are smaller than that."""

NONE = 65535
"""Stands for "nothing is known" among numbers of 16 bits."""


@dataclass(frozen=True)
class Classes:
    """A colour for each kind of image.

    Args:
        title: of the kinds: "class", "cluster".
        names: of each kind.
        index: which kind each image is, -1 where it is not known.
    """

    title: str
    names: Sequence[str]
    index: Int[Tensor, " n"]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        index = self.index.where(self.index >= 0, NONE)
        return {"title": self.title, "names": list(self.names), "index": _text(index.numpy())}


@dataclass(frozen=True)
class Scale:
    """A colour for each size of a number.

    Args:
        title: of the number: "outlier score".
        about: what it means, in a sentence.
        values: of each image, NaN where it is not known.
        striking: which end asks for attention: "low" or "high".
    """

    title: str
    about: str
    values: Float[Tensor, " n"]
    striking: str = "high"

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value; both 0 where none is known."""
        known = self.values[self.values.isfinite()]
        return (known.min().item(), known.max().item()) if len(known) else (0.0, 0.0)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON, in steps of 1 / 65534 of the range."""
        low, high = self.ends
        steps = (self.values.double() - low) / ((high - low) or 1) * (NONE - 1)
        steps = steps.round().nan_to_num(NONE)
        facts = {"title": self.title, "about": self.about, "striking": self.striking}
        return {**facts, "low": low, "high": high, "values": _text(steps.numpy())}


@dataclass(frozen=True, kw_only=True)
class Map:
    """Images as points of a plane.

    Args:
        title: of the page.
        about: what was drawn, from the general to the particular.
        notes: what a reader of the map must know, in sentences.
        axes: what lies across and upwards, or "" where directions mean nothing.
        places: of each image; up is up.
        names: of each image.
        colours: the first one is shown first.
        pictures: small square ones of each image.
    """

    title: str
    about: Sequence[str]
    notes: Sequence[str]
    axes: tuple[str, str]
    places: Float[Tensor, "n 2"]
    names: Sequence[str]
    colours: Sequence[Classes | Scale]
    pictures: UInt8[Tensor, "n c s s"]


def write_map(drawn: Map, path: Path) -> None:
    """Writes the page.

    Images are stored along a curve that fills the plane, so that those which lie close together on
    the map share a sheet of thumbnails, of which a browser decodes only those it shows.

    Raises:
        StorageError: it cannot be written.
    """
    places = _on_grid(drawn.places)
    rows = np.argsort(_along_curve(places), kind="stable")
    content: dict[str, Any] = {
        "places": _text(places[rows]),
        "names": [_on_a_line(drawn.names[row]) for row in rows.tolist()],
        "colours": [_taken(colour, rows).as_dict() for colour in drawn.colours],
    }
    room = PAGE_BYTES - len(json.dumps(content))
    found = tiles(drawn.pictures[torch.from_numpy(rows)], room * 3 // 4)
    notes = [*drawn.notes, *([] if found else ["There was no room for thumbnails of so many."])]
    page = filled("map.html.jinja", map=drawn, notes=notes, content=content | _shown(found))
    write_text(path, page)


def _shown(found: Tiles | None) -> dict[str, Any]:
    if found is None:
        return {"tiles": None}
    sheets = [base64.b64encode(sheet).decode() for sheet in found.sheets]
    return {"tiles": {"side": found.side, "across": ACROSS, "sheets": sheets}}


def _taken(colour: Classes | Scale, rows: NDArray[np.int64]) -> Classes | Scale:
    """The colour of some images."""
    if isinstance(colour, Classes):
        return Classes(colour.title, colour.names, colour.index[rows])
    return Scale(colour.title, colour.about, colour.values[rows], colour.striking)


def _on_grid(places: Float[Tensor, "n 2"]) -> NDArray[np.int64]:
    """Whole numbers from 0 to 65535 in both directions, with one unit for both."""
    values = places.double().numpy()
    low, high = values.min(0), values.max(0)
    widest = (high - low).max() or 1.0
    steps = ((values - (low + high) / 2) / widest + 0.5) * 65535
    grid: NDArray[np.int64] = steps.round().clip(0, 65535).astype(np.int64)
    return grid


def _along_curve(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each place lies on the curve of Morton (1966): both numbers' bits, in turn."""
    code = np.zeros(len(places), np.int64)
    for bit in range(16):
        for axis in (0, 1):
            code |= (places[:, axis] >> bit & 1) << (2 * bit + axis)
    return code


def _on_a_line(name: str) -> str:
    """The name without line breaks, which would make two of it in a list."""
    return name.replace("\n", "\\n").replace("\r", "\\r")


def _text(numbers: NDArray[Any]) -> str:
    """Numbers from 0 to 65535 as little-endian 16-bit ones in base64."""
    return base64.b64encode(numbers.astype("<u2").tobytes()).decode()
