"""What an evaluation found, how it was obtained, and the table that people read."""

import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import torch
from jaxtyping import Int
from rich.table import Table
from torch import Tensor

from lookalike.data.sources import Source
from lookalike.errors import UsageError, did_you_mean
from lookalike.evaluation import EVALUATIONS
from lookalike.evaluation.features import Features, labelled
from lookalike.evaluation.metrics import Estimate, Outcome, measure
from lookalike.evaluation.subject import PROJECTION, Subject
from lookalike.training.runtime import Runtime

SUBJECTS = ("pixels", "untrained", "trained", PROJECTION)
"""What is evaluated, in the order people read: the baselines first."""


class Guesses(NamedTuple):
    """The class each test image was taken for: what a paired test of two encoders needs."""

    image: Int[Tensor, " n"]
    label: Int[Tensor, " n"]
    guess: Int[Tensor, " n"]


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
    """Runs one evaluation of features on the labelled images of `train` and `test`.

    Args:
        name: of OF_FEATURES.
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
    train, test = labelled(train, "training"), labelled(test, "test")
    outcome = function(name)(train, test, classes=classes, seed=seed, **settings)
    return _report(
        outcome,
        evaluation=name,
        subject=subject,
        image=test.image,
        label=test.label,
        n_train=len(train.label),
        classes=classes,
        how={**(about or {}), **settings, "seed": seed},
    )


def evaluate_images(
    name: str,
    subject: Subject,
    train: Source,
    test: Source,
    runtime: Runtime,
    *,
    seed: int = 0,
    workers: int = 0,
    about: dict[str, Any] | None = None,
    **settings: Any,
) -> Report:
    """Runs one evaluation of images.

    Args:
        name: of OF_IMAGES.
        subject: whose encoder is left as it was.
        train: training images, labelled unless the evaluation is one of WITHOUT_LABELS.
        test: test images, labelled in the training images' classes.
        runtime: device and precision.
        seed: of splits, draws and resampling.
        workers: processes that decode photos.
        about: what else the report should say.
        settings: of the evaluation.

    Raises:
        UsageError: there is no such evaluation, or a setting cannot be.
        DataError: the images do not suit it.
    """
    classes = len(train.classes)
    common = {"classes": classes, "seed": seed, "workers": workers}
    outcome = function(name)(subject, train, test, runtime, **common, **settings)
    seen = torch.arange(len(test)) if outcome.seen is None else outcome.seen
    return _report(
        outcome,
        evaluation=name,
        subject=subject.name,
        image=seen,
        label=test.label[seen],
        n_train=len(train),
        classes=classes,
        how={**(about or {}), **settings, "seed": seed},
    )


def function(name: str) -> Callable[..., Outcome]:
    """The evaluation of this name.

    Raises:
        UsageError: there is none.
    """
    if name not in EVALUATIONS:
        raise UsageError(
            f"There is no evaluation called {name!r}.", do=did_you_mean(name, EVALUATIONS)
        )
    module, found = EVALUATIONS[name].split(":")
    run: Callable[..., Outcome] = getattr(importlib.import_module(module), found)
    return run


def _report(
    outcome: Outcome,
    *,
    image: Int[Tensor, " n"],
    label: Int[Tensor, " n"],
    how: dict[str, Any],
    **facts: Any,
) -> Report:
    """Scores are judged here, in one way for all evaluations; finished metrics stay as they are."""
    guesses, metrics = None, outcome.result
    if not isinstance(metrics, dict):
        guesses = Guesses(image, label, metrics.argmax(dim=1))
        metrics = measure(metrics, label, seed=how["seed"])
    plain = json.loads(json.dumps(how | outcome.how, allow_nan=False))  # as a file gives it back
    return Report(
        metrics=metrics, n_test=len(label), how=plain, guesses=guesses, **facts
    )


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


def _rows(reports: Sequence[Report]) -> list[list[str]]:
    """Head and rows: one row for each metric of each evaluation, one column for each subject."""
    subjects = sorted({r.subject for r in reports}, key=_place)
    cells = {
        (r.evaluation, metric, r.subject): _words(estimate)
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


def _words(estimate: Estimate) -> str:
    unit = 100 if estimate.percent else 1
    digits = 1 if estimate.percent else 2
    half = unit * (estimate.high - estimate.low) / 2
    value = f"{unit * estimate.value:.{digits}f}"
    return f"{value} ± {half:.{digits}f}" if half else value
