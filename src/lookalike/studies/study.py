"""What a study is: a table of runs, what is measured of each, what the paper found, what it claims."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from lookalike.studies.claims import Claim, Place
from lookalike.studies.scale import Command

TRANSFER = "transfer"
"""In place of an evaluation: a linear classifier on other images, as `lookalike transfer` fits it."""


class Measure(NamedTuple):
    """A number of a finished run.

    Args:
        name: of a metric of the evaluation, or of a number the method reports while it trains,
            of which the mean over the last epoch counts; "calibration_error/3" is a number that an
            evaluation says beside its metrics.
        evaluation: as `lookalike evaluate` takes it ("knn", "few-labels.labels=10%"), settings one
            after the other with spaces between; or TRANSFER; None for a number of the training.
        subject: of the evaluation: "trained" is h, "projection" z, "untrained" h before training.
        percent: whether a number of the training is a share, shown in percent.
        decimals: to print.
        data: images of the evaluation, where they are not the run's; of TRANSFER also the name of a
            set of the papers.
        read: reads the number from the folder of the run, where no evaluation knows it.
    """

    name: str
    evaluation: str | None = None
    subject: str = "trained"
    percent: bool = False
    decimals: int = 1
    data: str | None = None
    read: Callable[[Path], float] | None = None


LINEAR = Measure("top-1", "linear")
"""Linear probe on h, percent."""

LINEAR_Z = Measure("top-1", "linear", "projection")
"""Linear probe on z, percent."""


class Entry(NamedTuple):
    """What stands at one place of the table."""

    run: Command
    measure: Measure = LINEAR


class Study(NamedTuple):
    """One table or figure of a paper at one scale.

    Args:
        title: for people.
        source: the paper's table or figure.
        question: what it asks, in a sentence.
        axes: what rows and columns are.
        entries: the table.
        paper: the paper's values, as far as it prints them.
        setting: what the paper's values were measured on.
        claims: what the paper concludes, to be checked on our values.
        form: how the figure is drawn: the table as coloured squares, one line for each row over
            numeric columns, or one group of bars for each row.
        remark: what differs from the paper, or is not certain of its values.
        published: columns of which we have only the paper's values.
    """

    title: str
    source: str
    question: str
    axes: tuple[str, str]
    entries: Mapping[Place, Entry]
    paper: Mapping[Place, float]
    setting: str
    claims: tuple[Claim, ...]
    form: Literal["squares", "lines", "bars"] = "bars"
    remark: str = ""
    published: tuple[str, ...] = ()

    @property
    def rows(self) -> list[str]:
        """In the order they are met."""
        return list(dict.fromkeys(row for row, _ in self.entries))

    @property
    def columns(self) -> list[str]:
        """In the order they are met."""
        return list(dict.fromkeys([*(column for _, column in self.entries), *self.published]))

    @property
    def printed(self) -> dict[Place, float]:
        """The paper's values that stand in this table."""
        at = {(row, column) for row in self.rows for column in self.columns}
        return {place: value for place, value in self.paper.items() if place in at}

    @property
    def runs(self) -> list[Command]:
        """All different ones."""
        return list(dict.fromkeys(entry.run for entry in self.entries.values()))
