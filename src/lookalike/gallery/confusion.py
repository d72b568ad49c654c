"""Which classes an evaluation takes for which, from the guesses that are kept beside it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

MATRIX = 20
"""Of so many classes a table can still be read."""

_PAIRS, _PAIRS_ALONE = 6, 20  # how many are named beside the table, and without one


class Pair(NamedTuple):
    """Images of one class that were taken for another one.

    Args:
        label: their class.
        guess: the other one.
        images: how many.
        share: of the class.
    """

    label: str
    guess: str
    images: int
    share: float


@dataclass(frozen=True)
class Confusion:
    """Args:
    classes: names of those that occur as a label or as a guess.
    counts: images by label and by guess, in the order of `classes`.
    """

    classes: list[str]
    counts: NDArray[np.int64]

    @property
    def readable(self) -> bool:
        """Whether there are few enough classes for a table."""
        return len(self.classes) <= MATRIX

    @property
    def shares(self) -> NDArray[np.float64]:
        """Of each class's images; 0 for a class without any."""
        found: NDArray[np.float64] = self.counts / self.counts.sum(1, keepdims=True).clip(1)
        return found

    @property
    def pairs(self) -> list[Pair]:
        """The most frequent confusions of two classes, by the share of the class."""
        shares = self.shares * (1 - np.eye(len(self.classes)))
        most = _PAIRS if self.readable else _PAIRS_ALONE
        order = np.argsort(-shares, axis=None, kind="stable")[:most]
        places = zip(*np.unravel_index(order, shares.shape), strict=True)
        names = self.classes
        return [
            Pair(names[label], names[guess], int(self.counts[label, guess]), shares[label, guess])
            for label, guess in places
            if shares[label, guess] > 0
        ]


def confusion(path: Path, notes: list[str]) -> Confusion | None:
    """Reads the guesses of the trained encoder.

    Args:
        path: of a .safetensors file among a run's evaluations.
        notes: gets a sentence where it is damaged.

    Returns:
        None where there is no such file, or it cannot be read.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            label, guess = (file.get_tensor(name) for name in ("label", "guess-trained"))
            names = list(json.loads((file.metadata() or {}).get("classes", "[]")))
        return counted(label, guess, names)
    except (SafetensorError, OSError, ValueError, IndexError) as error:
        notes.append(f"{path.name} could not be read: {error}")
        return None


def counted(label: NDArray[np.int64], guess: NDArray[np.int64], names: Sequence[str]) -> Confusion:
    """The confusion of guesses.

    Args:
        label: of each image.
        guess: the class it was taken for.
        names: of the classes; one without a name is called by its number.
    """
    present, rows = np.unique(np.concatenate([label, guess]), return_inverse=True)
    counts = np.zeros((len(present), len(present)), np.int64)
    np.add.at(counts, (rows[: len(label)], rows[len(label) :]), 1)
    known = dict(enumerate(map(str, names)))  # earlier versions kept none
    return Confusion([known.get(int(kind), f"class {kind}") for kind in present], counts)
