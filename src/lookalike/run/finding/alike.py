"""Groups of nearly equal pictures: found by their features, confirmed on their pixels.

A mirror image is found like any other copy, because each picture is looked up a second time as it
looks in a mirror, whatever the encoder makes of that.
"""

import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Int, UInt8
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor
from torch.nn.functional import interpolate

from lookalike.data.decoding import UnreadableImage
from lookalike.randomness import order
from lookalike.run.finding.agreement import AGREE, SIDE, agreement, square
from lookalike.run.finding.collection import Collection, pixels_of
from lookalike.run.finding.index import Index

MOST = 16
"""Nearest pictures looked at for each one; copies of copies find each other by way of these."""

SAMPLE = 200
"""Pictures that are changed to see how similar copies are."""

MISSED = 0.01
"""Share of the changed copies that may lie below the threshold."""

_PAIRS = 128  # compared at once


class Pairs(NamedTuple):
    """Pairs of pictures by their rows in an index, and whether one is like the other's mirror image.

    A pair may stand there twice, as it is and mirrored.
    """

    first: Int[Tensor, " m"]
    second: Int[Tensor, " m"]
    mirrored: Bool[Tensor, " m"]

    @property
    def different(self) -> int:
        """How many pairs these are."""
        return len(torch.stack([self.first, self.second], 1).unique(dim=0))


class Copy(NamedTuple):
    """One picture of a group: its path or name, its class or "", and its row in the index."""

    path: str
    label: str
    row: int


@dataclass(frozen=True)
class Duplicates:
    """What was found.

    Args:
        groups: of nearly equal pictures, the largest first.
        threshold: cosine from which on pictures count as alike.
        alike: pairs that reach it.
        confirmed: those of them that are nearly the same on their pixels; None where nobody looked.
        index: what was looked through.
    """

    groups: tuple[tuple[Copy, ...], ...]
    threshold: float
    alike: int
    confirmed: int | None
    index: Index

    @property
    def extra(self) -> int:
        """Pictures that could go: all but one of each group."""
        return sum(len(group) - 1 for group in self.groups)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        groups = [[{"path": one.path, "class": one.label} for one in g] for g in self.groups]
        return {
            "threshold": self.threshold,
            "pairs": self.alike,
            "confirmed": self.confirmed,
            "extra": self.extra,
            "groups": groups,
        }


def duplicates(collection: Collection, *, threshold: float | None) -> Duplicates:
    """Finds groups of nearly equal pictures.

    Without a threshold it is chosen from the data: of some pictures re-encoded, made smaller and cut
    a little, 99 % are at least as similar to themselves. Others may be as similar, so then the pixels
    decide. With a threshold the similarity decides alone, which also finds pictures of one scene.

    Args:
        collection: to be looked through.
        threshold: cosine from which on two pictures are the same, or None.

    Raises:
        DataError: no picture can be read.
    """
    index = collection.index()
    least = likeness_of_copies(collection, index) if threshold is None else threshold
    pairs = near(index, collection.mirrored(), least)
    alike, confirmed = pairs.different, None
    if threshold is None:
        pairs = agreeing(index, pairs)
        confirmed = pairs.different
    return Duplicates(grouped(index, pairs), least, alike, confirmed, index)


def likeness_of_copies(collection: Collection, index: Index) -> float:
    """The similarity that all but `MISSED` of gently changed copies have to their originals."""
    rows = order(0, 0, len(index))[:SAMPLE]
    found = []
    for row in rows.tolist():
        try:
            pixels = pixels_of(index.source, int(index.features.image[row]))
        except UnreadableImage:  # it could be a moment ago
            continue
        copies = collection.look(list(changed(pixels)))
        found.append(copies @ index.values(torch.tensor([row]))[0])
    return float(torch.cat(found).quantile(MISSED))


def changed(pixels: UInt8[Tensor, "c h w"]) -> Iterator[UInt8[Tensor, "c _ _"]]:
    """The picture made smaller, cut at two sides, and, where it can be, as a poor JPEG."""
    height, width = pixels.shape[1:]
    half = [max(1, round(side * 0.5)) for side in (height, width)]
    small = interpolate(pixels[None].float(), half, mode="bilinear", antialias=True)[0]
    yield small.round().to(torch.uint8)
    yield pixels[:, round(0.1 * height) :, : width - round(0.1 * width)]
    if len(pixels) in (1, 3):
        yield _encoded(pixels)


def _encoded(pixels: UInt8[Tensor, "c h w"]) -> UInt8[Tensor, "c h w"]:
    array, buffer = pixels.permute(1, 2, 0).contiguous().numpy(), io.BytesIO()
    Image.fromarray(array if len(pixels) == 3 else array[:, :, 0]).save(buffer, "jpeg", quality=40)
    decoded = np.array(Image.open(buffer))
    return torch.from_numpy(decoded.reshape(array.shape)).permute(2, 0, 1)


def near(index: Index, mirror: Index, least: float) -> Pairs:
    """All pairs with at least this cosine, of each picture those with the `MOST` nearest.

    Args:
        index: of the pictures.
        mirror: of their mirror images, in the same order.
        least: cosine.
    """
    # A picture that became unreadable between the two passes shifts the rows of one of them.
    same = np.array_equal(index.features.image, mirror.features.image)
    found = [torch.empty(0, 3, dtype=torch.int64)]
    for seen, mirrored in [(index, 0), (mirror, 1)] if same else [(index, 0)]:
        for rows, similarity, others in index.neighbours(MOST, seen):
            block, place = (similarity >= least).nonzero(as_tuple=True)
            pair = torch.stack([rows[block], others[block, place]], 1).sort(dim=1).values
            found.append(torch.cat([pair, torch.full((len(pair), 1), mirrored)], 1))
    first, second, mirror_ = torch.cat(found).unique(dim=0).T
    return Pairs(first, second, mirror_.bool())


def agreeing(index: Index, pairs: Pairs) -> Pairs:
    """Those whose pixels agree, too; each picture is decoded once."""
    squares: dict[int, UInt8[np.ndarray, "s s"]] = {}
    for row in torch.cat([pairs.first, pairs.second]).unique().tolist():
        try:
            pixels = pixels_of(index.source, int(index.features.image[row]), 2 * SIDE)
        except UnreadableImage:  # it could be a moment ago
            continue
        squares[row] = square(pixels)
    good = torch.zeros(len(pairs.first), dtype=torch.bool)
    for part in torch.arange(len(good)).split(_PAIRS):
        rows = [tuple(int(column[number]) for column in pairs) for number in part]
        there = [place for place, (a, b, _) in enumerate(rows) if a in squares and b in squares]
        if there:
            one = np.stack([squares[rows[place][0]] for place in there])
            other = np.stack([_seen(squares[rows[p][1]], rows[p][2]) for p in there])
            good[part[there]] = agreement(one, other) >= AGREE
    return Pairs(*(column[good] for column in pairs))


def _seen(picture: UInt8[np.ndarray, "s s"], mirrored: int) -> UInt8[np.ndarray, "s s"]:
    return picture[:, ::-1] if mirrored else picture


def grouped(index: Index, pairs: Pairs) -> tuple[tuple[Copy, ...], ...]:
    """Pictures that pairs connect, the largest groups first."""
    count, first, second = len(index), pairs.first.numpy(), pairs.second.numpy()
    graph = coo_array((np.ones(len(first), np.bool_), (first, second)), shape=(count, count))
    group = connected_components(graph, directed=False)[1]
    members = defaultdict[int, list[Copy]](list)
    for row in np.unique(np.concatenate([first, second])).tolist():
        members[int(group[row])].append(Copy(index.path(row), index.label(row), row))
    return tuple(sorted(map(tuple, members.values()), key=len, reverse=True))
