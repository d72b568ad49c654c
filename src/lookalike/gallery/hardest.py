"""Test images that were answered wrongly with great certainty, for the page of a run."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mistake:
    """Args:
    image: an address that holds a small copy.
    name: of its file, or in its set.
    label: its class.
    guess: the class it was taken for.
    sure: the probability or share of the votes which that class got.
    """

    image: str
    name: str
    label: str
    guess: str
    sure: float


@dataclass(frozen=True)
class Hardest:
    """Args:
    wrong: how many images were answered wrongly.
    tested: of how many.
    mistakes: some of them, the surest first.
    """

    wrong: int
    tested: int
    mistakes: list[Mistake]


def place_of(folder: Path, evaluation: str) -> Path:
    """The file for an evaluation in the folder of a run's evaluations."""
    return folder / "hardest" / f"{evaluation}.json"
