"""Two divisions of the same images compared: mutual information, the adjusted Rand index, accuracy."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.special import xlogy
from torch import Tensor

_BLOCK = 2**22  # numbers of images drawn at once

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]


class Table(NamedTuple):
    """How many images of each class are in each cluster, in one or several sets of images.

    Cells that are empty are left out.

    Args:
        row: class of each cell [cells].
        column: its cluster [cells].
        images: how many are in it, in each set [sets cells].
        shape: number of classes and of clusters.
    """

    row: Counts
    column: Counts
    images: Counts
    shape: tuple[int, int]

    def margins(self) -> tuple[Numbers, Numbers]:
        """Images of each class [sets classes] and in each cluster [sets clusters]."""
        rows, columns = (np.eye(size) for size in self.shape)
        return self.images @ rows[self.row], self.images @ columns[self.column]


def tabulate(label: Int[Tensor, " n"], cluster: Int[Tensor, " n"], shape: tuple[int, int]) -> Table:
    """Counts one set of images.

    Args:
        label: class of each.
        cluster: cluster of each.
        shape: number of classes and of clusters, whether or not all occur.
    """
    place, count = np.unique((label * shape[1] + cluster).numpy(), return_counts=True)
    return Table(place // shape[1], place % shape[1], count[None], shape)


def redrawn(table: Table, sets: int, seed: int) -> Iterator[Table]:
    """Sets of as many images, drawn from these with replacement: `sets` in all, in blocks.

    Args:
        table: of one set.
        sets: how many.
        seed: of numpy's generator, 0 … 2⁶⁴ - 1.
    """
    generator, images = np.random.default_rng(seed), table.images[0]
    step = max(1, _BLOCK // len(images))
    for start in range(0, sets, step):
        size, total = min(step, sets - start), images.sum()
        yield table._replace(images=generator.multinomial(total, images / total, size=size))


def matching(table: Table) -> Counts:
    """The class of each cluster, -1 for none: one to one, with most images in matched cells.

    Args:
        table: of one set.
    """
    full = np.zeros(table.shape)
    full[table.row, table.column] = table.images[0]
    row, column = linear_sum_assignment(full, maximize=True)
    matched = np.full(table.shape[1], -1)
    matched[column] = row
    return matched


def accuracy(table: Table, matched: Counts) -> Numbers:
    """Share of the images whose cluster is matched with their class, in each set.

    Args:
        table: of the sets.
        matched: the class of each cluster.
    """
    right = matched[table.column] == table.row
    found: Numbers = table.images[:, right].sum(1) / table.images.sum(1)
    return found


def mutual_information(table: Table) -> Numbers:
    """Normalised by the mean of the two entropies, in each set; 1 where both are 0."""
    row, column = table.margins()
    mean, joint = (_entropy(row) + _entropy(column)) / 2, _entropy(table.images)
    found: Numbers = np.divide(2 * mean - joint, mean, out=np.ones_like(mean), where=mean > 0)
    return np.clip(found, 0.0, 1.0)  # rounding


def adjusted_rand(table: Table) -> Numbers:
    """Of each set (Hubert & Arabie, 1985, Eq. 5); 1 where there is nothing to tell apart."""
    pairs, own, other = (_pairs(count) for count in (table.images, *table.margins()))
    chance = own * other / np.maximum(_pairs(table.images.sum(1, keepdims=True)), 1)
    room = (own + other) / 2 - chance
    found: Numbers = np.divide(pairs - chance, room, out=np.ones_like(room), where=room > 0)
    return found


def _entropy(count: NDArray[Any]) -> Numbers:
    share = count / count.sum(1, keepdims=True)
    found: Numbers = -xlogy(share, share).sum(1)
    return found


def _pairs(count: NDArray[Any]) -> Numbers:
    found: Numbers = (count * (count - 1.0) / 2).sum(1)
    return found
