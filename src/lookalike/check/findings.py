"""What a look at images found, as plain values."""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float


class Place(NamedTuple):
    """One picture.

    Args:
        set: it belongs to.
        row: in the source of the set.
        name: of its file.
        label: its class, "" where there is none.
        content: a number; those with equal ones are the same in every pixel.
    """

    set: str
    row: int
    name: str
    label: str
    content: int


class Group(NamedTuple):
    """Pictures that are the same or nearly so."""

    pictures: tuple[Place, ...]

    @property
    def exact(self) -> bool:
        """Whether all of them are the same."""
        return len({each.content for each in self.pictures}) == 1

    def of(self, name: str) -> list[Place]:
        """Those of one set."""
        return [each for each in self.pictures if each.set == name]

    @property
    def sets(self) -> set[str]:
        """Where they lie."""
        return {each.set for each in self.pictures}

    @property
    def labels(self) -> set[str]:
        """The classes they are given, without "no label"."""
        return {each.label for each in self.pictures} - {""}


class Leak(NamedTuple):
    """How many pictures of a set also stand in another."""

    tested: str
    trained: str
    exact: int
    near: int
    of: int

    @property
    def pictures(self) -> int:
        """The same or nearly so."""
        return self.exact + self.near


class Concern(NamedTuple):
    """Something to know before training.

    Args:
        topic: one word.
        serious: whether it must be mended first.
        what: one sentence.
        do: what to do about it.
    """

    topic: str
    serious: bool
    what: str
    do: str = ""


@dataclass(frozen=True)
class Found:
    """One set of images.

    Args:
        name: "train", "test", or those of another place, "PLACE test".
        what: "1,000 pictures in 10 class folders".
        pictures: how many can be used.
        classes: class → pictures, in the order of their numbers.
        channels: of all of them.
        sides: smallest, median and largest height and width.
        mean, deviation: of the values of each channel, from 0 to 1.
        ledger: what became of every path.
        odd: kind → names, of pictures that are used and yet worth a look.
    """

    name: str
    what: str
    pictures: int
    classes: dict[str, int]
    channels: int
    sides: dict[str, tuple[int, int]]
    mean: Float[np.ndarray, " c"]
    deviation: Float[np.ndarray, " c"]
    ledger: dict[str, Any]
    odd: dict[str, list[str]]


@dataclass(frozen=True)
class Findings:
    """All there is to tell.

    Args:
        place: of the images.
        sets: train first.
        groups: of pictures that stand there more than once.
        leaks: between sets.
        concerns: the serious ones first.
        recipe: its name, for the next field.
        outlook: what a run of the recipe takes on this machine, in sentences.
        near: whether nearly equal pictures were looked for.
    """

    place: str
    sets: tuple[Found, ...]
    groups: tuple[Group, ...]
    leaks: tuple[Leak, ...]
    concerns: tuple[Concern, ...]
    recipe: str = ""
    outlook: tuple[str, ...] = ()
    near: bool = field(default=True)

    @property
    def serious(self) -> list[Concern]:
        """What must be mended before training."""
        return [concern for concern in self.concerns if concern.serious]

    def as_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        groups = [
            {"exact": group.exact, "pictures": [each._asdict() for each in group.pictures]}
            for group in self.groups
        ]
        sets = [
            asdict(each) | {"mean": each.mean.tolist(), "deviation": each.deviation.tolist()}
            for each in self.sets
        ]
        return {
            "place": self.place,
            "sets": sets,
            "leaks": [each._asdict() for each in self.leaks],
            "concerns": [each._asdict() for each in self.concerns],
            "groups": groups,
            "recipe": self.recipe,
            "outlook": list(self.outlook),
            "near": self.near,
        }
