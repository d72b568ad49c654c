"""One evaluation of one subject, by name."""

import importlib
import json
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lookalike.data.sources import Source
from lookalike.errors import UsageError, did_you_mean
from lookalike.evaluation import EVALUATIONS
from lookalike.evaluation.features import Features, labelled
from lookalike.evaluation.metrics import Outcome, measure
from lookalike.evaluation.report import Guesses, Report
from lookalike.evaluation.subject import Subject
from lookalike.training.runtime import Runtime


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
    return judged(
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
    return judged(
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


def judged(
    outcome: Outcome,
    *,
    image: Int[Tensor, " n"],
    label: Int[Tensor, " n"],
    how: dict[str, Any],
    **facts: Any,
) -> Report:
    """The report of an outcome: scores are judged here, in one way; finished metrics stay.

    Args:
        outcome: of an evaluation.
        image: the rows of the test source that it is of.
        label: their classes.
        how: settings, the seed among them, and what else is known.
        facts: the other arguments of `Report`.
    """
    guesses, metrics = None, outcome.result
    if not isinstance(metrics, dict):
        guess = metrics.argmax(dim=1)
        sure = _shares(metrics).gather(1, guess[:, None])[:, 0]
        guesses = Guesses(image, label, guess, sure)
        metrics = measure(metrics, label, seed=how["seed"])
        main = outcome.how.get("metric", "top-1")  # a set of the transfer suite has its own
        metrics = {main: metrics.pop(main), **metrics}
    plain = json.loads(json.dumps(how | outcome.how, allow_nan=False))  # as a file gives it back
    return Report(metrics=metrics, n_test=len(label), how=plain, guesses=guesses, **facts)


def _shares(scores: Float[Tensor, "n classes"]) -> Float[Tensor, "n classes"]:
    """Scores as shares of one: as they are where they are shares of votes, else by softmax."""
    shares = bool((scores >= 0).all() and ((scores.sum(dim=1) - 1).abs() < 1e-3).all())
    return scores if shares else scores.float().softmax(dim=1)
