"""What an evaluation found, how it was obtained, and the table that people read."""

import importlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from lookalike.errors import UsageError, did_you_mean
from lookalike.evaluation import EVALUATIONS
from lookalike.evaluation.features import Features, labelled
from lookalike.evaluation.metrics import Estimate, Outcome, measure

SUBJECTS = ("pixels", "untrained", "trained")
"""What is evaluated, in the order people read: the baselines first."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of one evaluation of one subject.

    Args:
        evaluation: its name in EVALUATIONS.
        subject: "pixels", "untrained" or "trained".
        metrics: their names, e.g. "top-1", and estimates; the first is the one to compare.
        n_train: labelled training images.
        n_test: labelled test images.
        classes: number of classes of the training labels.
        how: every setting and choice, ready for JSON.
    """

    evaluation: str
    subject: str
    metrics: dict[str, Estimate]
    n_train: int
    n_test: int
    classes: int
    how: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "Report":
        """The report that `as_dict` described."""
        metrics = {name: Estimate(**each) for name, each in content["metrics"].items()}
        return cls(**{**content, "metrics": metrics})


def evaluate(
    name: str,
    train: Features,
    test: Features,
    *,
    subject: str,
    classes: int,
    seed: int = 0,
    about: dict[str, Any] | None = None,
    **settings: Any,
) -> Report:
    """Runs one evaluation on the labelled images of `train` and `test`.

    Args:
        name: of EVALUATIONS.
        train: features of the training images; labels are 0 … classes - 1, or -1 for none.
        test: features of the test images, labelled in the same order of classes.
        subject: "pixels", "untrained" or "trained".
        classes: number of classes of the training labels.
        seed: of splits, draws and resampling.
        about: what else the report should say, e.g. the view policy and the data.
        settings: of the evaluation, e.g. k=50.

    Raises:
        UsageError: there is no such evaluation.
        DataError: there are no labels, or too few for it.
    """
    if name not in EVALUATIONS:
        raise UsageError(
            f"There is no evaluation called {name!r}.", do=did_you_mean(name, EVALUATIONS)
        )
    module, function = EVALUATIONS[name].split(":")
    run = getattr(importlib.import_module(module), function)
    train, test = labelled(train, "training"), labelled(test, "test")
    outcome: Outcome = run(train, test, classes=classes, seed=seed, **settings)
    metrics = outcome.result
    if not isinstance(metrics, dict):
        metrics = measure(metrics, test.label, seed=seed)
    return Report(
        evaluation=name,
        subject=subject,
        metrics=metrics,
        n_train=len(train.label),
        n_test=len(test.label),
        classes=classes,
        how={**(about or {}), **outcome.how, "seed": seed},
    )


def table(reports: Sequence[Report]) -> Table:
    """A table for the terminal: percentages, ± half of the 95 % confidence interval."""
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


def _rows(reports: Sequence[Report]) -> list[list[str]]:
    """Head and rows: one row for each metric of each evaluation, one column for each subject."""
    subjects = sorted({r.subject for r in reports}, key=_place)
    cells = {
        (r.evaluation, metric, r.subject): _percent(estimate)
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


def _percent(estimate: Estimate) -> str:
    half = (estimate.high - estimate.low) / 2
    return f"{100 * estimate.value:.1f} ± {100 * half:.1f}"
