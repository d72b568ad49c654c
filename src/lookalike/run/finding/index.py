"""A searchable set of pictures: their features, their names, and who is nearest to whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.data.sources import Source
from lookalike.run.finding.cells import Cells
from lookalike.run.finding.embeddings import Features

_ROWS, _BLOCK = 2**16, 2**24  # pictures, and similarities, held at once


@dataclass(frozen=True)
class Index:
    """Pictures in the order of their source, without those that cannot be read.

    Args:
        features: of each.
        source: where they come from.
        place: folder or file that was named.
        approximate: ask only the cells near a query, not all pictures.
    """

    features: Features
    source: Source
    place: str
    approximate: bool = False

    def __len__(self) -> int:
        return len(self.features.image)

    def path(self, row: int) -> str:
        """What a person opens: the file where there is one, else the picture's name."""
        name = self.source.names[int(self.features.image[row])]
        return name if self._root is None else str(self._root / name)

    @cached_property
    def _root(self) -> Path | None:
        """The folder below which the files lie; None where they lie in a table, or nowhere."""
        place, first = Path(self.place), self.source.names[0]
        return next((r for r in (place, place / "train") if (r / first).is_file()), None)

    def label(self, row: int) -> str:
        """The class, or ""."""
        number = int(self.source.label[int(self.features.image[row])])
        return self.source.classes[number] if number >= 0 else ""

    def values(self, rows: slice | Int[Tensor, " m"]) -> Float[Tensor, "m d"]:
        """Features of some of the pictures, of length 1."""
        chosen = rows if isinstance(rows, slice) else rows.numpy()
        return normalize(torch.from_numpy(self.features.values[chosen].copy()), dim=1)

    def nearest(
        self, values: Float[Tensor, "m d"], k: int, without: Int[Tensor, " m"] | None = None
    ) -> tuple[Float[Tensor, "m k"], Int[Tensor, "m k"]]:
        """The k pictures with the highest cosine, the nearest first.

        Args:
            values: features of length 1.
            k: how many, or all there are.
            without: for each of them a row that comes last, at -inf, or -1.

        Returns:
            Their similarities and rows.
        """
        k = min(k, len(self))
        if without is None:
            without = torch.full([len(values)], -1)
        if not self.approximate:
            return self._nearest(values, k, without)
        similarity, row = self._cells.nearest(values, k + 1)
        similarity = similarity.masked_fill(row == without[:, None], -torch.inf)
        best = similarity.topk(k, dim=1)
        near, row = best.values, row.gather(1, best.indices)
        if (few := near.isinf().any(dim=1)).any():  # their cells hold less than is asked for
            near[few], row[few] = self._nearest(values[few], k, without[few])
        return near, row

    def _nearest(
        self, values: Float[Tensor, "m d"], k: int, without: Int[Tensor, " m"]
    ) -> tuple[Float[Tensor, "m k"], Int[Tensor, "m k"]]:
        """Exactly, block by block."""
        best = torch.empty(len(values), 0), torch.empty(len(values), 0, dtype=torch.int64)
        for block in self._blocks():
            similarity = values @ self.values(block).T
            inside = (
                (without >= block.start) & (without < block.start + similarity.shape[1])
            ).nonzero()
            similarity[inside[:, 0], without[inside[:, 0]] - block.start] = -torch.inf
            here = similarity.topk(min(k, similarity.shape[1]), dim=1)
            best = _best(k, *best, here.values, here.indices + block.start)
        return best

    @cached_property
    def _cells(self) -> Cells:
        return Cells(len(self), self.values, self._blocks())

    def _blocks(self) -> Iterator[slice]:
        return (slice(first, first + _ROWS) for first in range(0, len(self), _ROWS))

    def neighbours(
        self, k: int, seen: "Index | None" = None
    ) -> Iterator[tuple[Int[Tensor, " b"], Float[Tensor, "b k"], Int[Tensor, "b k"]]]:
        """Blocks of all rows, with the similarities and rows of the k nearest others.

        Args:
            k: how many, or all others.
            seen: the same pictures seen in another way, whose features ask.
        """
        k = min(k, len(self) - 1)
        for rows in torch.arange(len(self)).split(max(1, _BLOCK // min(len(self), _ROWS))):
            values = (seen or self).values(rows)
            yield rows, *self.nearest(values, k, without=rows)


def _best(
    k: int,
    similarity: Float[Tensor, "m a"],
    row: Int[Tensor, "m a"],
    more: Float[Tensor, "m b"],
    rows: Int[Tensor, "m b"],
) -> tuple[Float[Tensor, "m _"], Int[Tensor, "m _"]]:
    """The k highest of both."""
    every = torch.cat([similarity, more], 1)
    top = every.topk(min(k, every.shape[1]), dim=1)
    return top.values, torch.cat([row, rows], 1).gather(1, top.indices)
