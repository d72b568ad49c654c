"""What an evaluation found, how it was obtained, and the table that people read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from jaxtyping import Float, Int
from rich.table import Table
from torch import Tensor

from lookalike.evaluation import notebook
from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.subject import PROJECTION

SUBJECTS = ("pixels", "untrained", "trained", PROJECTION)
"""What is evaluated, in the order people read: the baselines first."""


class Guesses(NamedTuple):
    """The class each test image was taken for: what a paired test of two encoders needs.

    Args:
        image: row of the test source.
        label: its class.
        guess: the class it was taken for.
        sure: the probability, or the share of the votes, that this class got.
    """

    image: Int[Tensor, " n"]
    label: Int[Tensor, " n"]
    guess: Int[Tensor, " n"]
    sure: Float[Tensor, " n"] | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of one evaluation of one subject.

    Args:
        evaluation: its name in EVALUATIONS, and what distinguishes it: "knn k=200".
        subject: "pixels", "untrained" or "trained".
        metrics: their names, e.g. "top-1", and estimates; the first is the one to compare.
        n_train: training images.
        n_test: test images.
        classes: number of classes of the training labels.
        how: every setting and choice, ready for JSON.
        guesses: of the test images, where the evaluation classifies them; kept beside the JSON.
    """

    evaluation: str
    subject: str
    metrics: dict[str, Estimate]
    n_train: int
    n_test: int
    classes: int
    how: dict[str, Any]
    guesses: Guesses | None = field(default=None, compare=False, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        content = asdict(self)
        del content["guesses"]
        return content

    def _repr_html_(self) -> str:
        """Each metric with its interval, as notebooks show it."""
        about = f"{self.evaluation}, {self.subject}: {self.n_test:,} test images"
        rows = [(name, each.shown, each.interval) for name, each in self.metrics.items()]
        return notebook.table(about, ("metric", "value", "95 % interval"), rows)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "Report":
        """The report that `as_dict` described."""
        metrics = {name: Estimate(**each) for name, each in content["metrics"].items()}
        return cls(**{**content, "metrics": metrics})


def table(reports: Sequence[Report]) -> Table:
    """A table for the terminal: percentages or numbers, ± half of the 95 % confidence interval."""
    head, *rows = _rows(reports)
    result = Table(*head[:2])
    for subject in head[2:]:
        result.add_column(subject, justify="right")
    for row in rows:
        result.add_row(*row)
    return result


def as_markdown(reports: Sequence[Report]) -> str:
    """The same table in Markdown."""
    head, *rows = _rows(reports)
    rule = ["---", "---", *["---:"] * (len(head) - 2)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows)) + "\n"


def as_html(reports: Sequence[Report], caption: str) -> str:
    """The same table for notebooks."""
    head, *rows = _rows(reports)
    return notebook.table(caption, head, rows)


def _rows(reports: Sequence[Report]) -> list[list[str]]:
    """Head and rows: one row for each metric of each evaluation, one column for each subject."""
    subjects = sorted({r.subject for r in reports}, key=_place)
    cells = {
        (r.evaluation, metric, r.subject): str(estimate)
        for r in reports
        for metric, estimate in r.metrics.items()
    }
    rows = dict.fromkeys((evaluation, metric) for evaluation, metric, _ in cells)
    return [
        ["evaluation", "metric", *subjects],
        *([*row, *(cells.get((*row, subject), "–") for subject in subjects)] for row in rows),
    ]


def _place(subject: str) -> tuple[int, str]:
    return (SUBJECTS.index(subject) if subject in SUBJECTS else len(SUBJECTS), subject)
