"""Several runs side by side: what was found of each, and of their differences."""

from dataclasses import asdict, dataclass
from typing import Any

from lookalike.evaluation.comparing.paired import Difference
from lookalike.evaluation.metrics import Estimate, plus_minus

TIE = 0.05
"""Above this p two runs count as equal (SimCLR, B.8)."""


@dataclass(frozen=True)
class Contender:
    """A run.

    Args:
        name: that of its folder, or more of the path where two are called the same.
        path: of its folder.
        seed: of its recipe.
        epochs: that it has trained.
        minutes: that this took.
    """

    name: str
    path: str
    seed: int | None
    epochs: float | None
    minutes: float | None


@dataclass(frozen=True)
class Entry:
    """One run in one evaluation.

    Args:
        estimate: of the trained encoder.
        against: the best of the runs that took the same test, maybe itself; "" if no other did.
        difference: from that run; None for itself.
        why: what keeps it from being paired with the best run of all, or "".
    """

    estimate: Estimate
    against: str = ""
    difference: Difference | None = None
    why: str = ""

    @property
    def verdict(self) -> str:
        """For people: "tie", "worse" or ""."""
        if self.difference is None:
            return ""
        return "tie" if self.difference.p > TIE else "worse"


@dataclass(frozen=True)
class Column:
    """One evaluation of all runs that took it.

    Args:
        evaluation: its name, with that of the data where there are several.
        metric: the one that is compared.
        entries: by the name of the run.
        baselines: "pixels" and "untrained" → their different estimates, the lowest first.
    """

    evaluation: str
    metric: str
    entries: dict[str, Entry]
    baselines: dict[str, list[Estimate]]

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.evaluation} {self.metric}"


@dataclass(frozen=True)
class Mean:
    """Over seeds: what training itself leaves to chance.

    Args:
        value: the mean.
        error: its standard error.
        percent: see `Estimate`.
    """

    value: float
    error: float
    percent: bool

    def __str__(self) -> str:
        """With the standard error, "98.5 ± 0.2"."""
        return plus_minus(self.value, self.error, percent=self.percent)


@dataclass(frozen=True)
class Seeds:
    """Runs of one recipe with different seeds.

    Args:
        runs: their names.
        means: by the titles of the columns that all of them have.
    """

    runs: list[str]
    means: dict[str, Mean]


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Args:
        runs: in the order given.
        columns: the evaluations of any of them.
        seeds: the recipes that were run with several seeds.
        settings: those that are not the same in all runs: dotted name → run → value; a run whose
            recipe has no such setting is left out.
        notes: sentences about files that could not be read.
    """

    runs: list[Contender]
    columns: list[Column]
    seeds: list[Seeds]
    settings: dict[str, dict[str, Any]]
    notes: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)
