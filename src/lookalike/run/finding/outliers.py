"""Pictures that are like no other."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lookalike.errors import DataError
from lookalike.run.finding.index import Index

_LEAST = 1e-6  # distance that counts between equal pictures, so that no ratio is infinite


class Outlier(NamedTuple):
    """A picture and how far it lies from the others.

    Args:
        path: of its file, or its name.
        label: its class, or "".
        score: its distance over that of its neighbours; about 1 inside a crowd.
        distance: 1 - cosine, mean over its nearest neighbours.
        nearest: path of the nearest one.
        row: in the index.
    """

    path: str
    label: str
    score: float
    distance: float
    nearest: str
    row: int

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        facts = self._asdict()
        facts["class"] = facts.pop("label")
        del facts["row"]
        return facts


class Neighbourhood(NamedTuple):
    """The nearest images of each one, the nearest first.

    Args:
        distance: 1 - cosine.
        row: which images.
    """

    distance: Float[Tensor, "n k"]
    row: Int[Tensor, "n k"]


def neighbourhood(index: Index, k: int) -> Neighbourhood:
    """The k nearest images of all, or all others, in the features."""
    blocks = [(1 - near, rows) for _, near, rows in index.neighbours(k)]
    return Neighbourhood(*(torch.cat(column) for column in zip(*blocks, strict=True)))


def isolation(near: Neighbourhood) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
    """Each image's mean distance to its neighbours, and that over the mean of theirs."""
    distance = near.distance.double().mean(1).clamp(min=_LEAST)
    return distance, distance / distance[near.row].mean(1)


def outliers(index: Index, *, k: int, top: int) -> list[Outlier]:
    """The pictures that lie farthest from others, measured by how near those lie to each other.

    The score is a simple local outlier factor (after Breunig et al., 2000, without reachability):
    a picture's mean distance to its k nearest ones, over the mean of the same of these k.

    Args:
        index: of the pictures.
        k: nearest ones to look at, or all others.
        top: how many to name.

    Raises:
        DataError: there is only one picture.
    """
    if len(index) < 2:
        raise DataError("One picture alone has no neighbours.", do="Give more pictures.")
    near = neighbourhood(index, k)
    distance, score = isolation(near)
    best = score.topk(min(top, len(score)))
    return [
        Outlier(
            index.path(row),
            index.label(row),
            value,
            float(distance[row]),
            index.path(int(near.row[row, 0])),
            row,
        )
        for value, row in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    ]
