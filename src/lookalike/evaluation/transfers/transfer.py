"""How well features carry over to the papers' other data sets (SimCLR B.8; BYOL, table 10)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from lookalike.data.benchmarks.parts import Parts
from lookalike.evaluation.features import Features, extract
from lookalike.evaluation.metrics import Outcome, measure
from lookalike.evaluation.probes.classifier import Classifier
from lookalike.evaluation.probes.linear import GRID, PENALTY
from lookalike.evaluation.probes.logistic import Problem
from lookalike.evaluation.probes.multilabel import mean_average_precision, one_vs_rest
from lookalike.evaluation.subject import Subject
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Fit


def transfer(
    subject: Subject, parts: Parts, runtime: Runtime, *, seed: int = 0, workers: int = 0
) -> Outcome:
    """Logistic regression with an l2 penalty on frozen features, on one data set.

    Images are seen as the papers say: the short side resized to the view's, the middle square,
    nothing random. The strength of the penalty is the one of SimCLR's grid with which a classifier
    of the training images is best on the validation images, by the metric of the set; of equals,
    the strongest. The classifier is then fitted to both and tested once: the test images choose
    nothing. Where images show several classes there is a classifier for each, and the result is the
    set's mAP; else it is scores, and `how["metric"]` says which of their metrics is the set's.

    Args:
        subject: whose encoder is left as it was.
        parts: the set. A class without training images is never guessed.
        runtime: device and precision.
        seed: of the interval of mAP; nothing else is drawn.
        workers: processes that decode photos.

    Raises:
        DataError: none of a part's images can be read.
    """
    view = replace(
        subject.policy, crop=Fit(share=1.0, interpolation=subject.policy.crop.interpolation)
    )
    train, val, test = (
        extract(subject.encoder, source, view, runtime=runtime, workers=workers)
        for source in (parts.train, parts.val, parts.test)
    )
    about = {**parts.about, "view": "the middle square, all of the short side"}
    if parts.marks is None:
        scores, how = one_of_all(train, val, test, len(parts.train.classes), parts.metric)
        return Outcome(scores, about | how, test.image)
    found, how = one_vs_rest(
        train.values,
        parts.marks["train"][train.image],
        val.values,
        parts.marks["val"][val.image],
        test.values,
    )
    estimate = mean_average_precision(found, parts.marks["test"][test.image], seed=seed)
    return Outcome({parts.metric: estimate}, about | how, test.image)


def one_of_all(
    train: Features,
    val: Features,
    test: Features,
    classes: int,
    metric: str,
    grid: Sequence[float] = GRID[::-1],
) -> tuple[Float[Tensor, "n classes"], dict[str, Any]]:
    """Scores of the test images where each image is of one class, and how they were found.

    Args:
        train: labelled features to train on.
        val: labelled features that choose λ.
        test: features to score.
        classes: of the set; one without any training image is never guessed.
        metric: of `measure`, by which λ is chosen.
        grid: λ, from great to small.
    """
    fits = _Readout(train, classes)
    judged = (
        measure(fits.scores(fitted, val.values), val.label, seed=0, resamples=1)[metric]
        for fitted in fits.problem.path(grid)
    )
    quality = [estimate.value for estimate in judged]
    strength = grid[max(range(len(grid)), key=quality.__getitem__)]  # the first, so the strongest
    both = Features(*(torch.cat(columns) for columns in zip(train, val, strict=True)))
    readout = _Readout(both, classes)
    fitted = readout.problem.solve(strength)
    how = {
        "penalty": strength,
        "penalty_means": PENALTY,
        "grid": list(grid),
        f"grid_{metric}": quality,
        "converged": fitted.converged,
    }
    return readout.scores(fitted, test.values), how


class _Readout:
    """Linear classifiers of the same features, in all classes of a set."""

    def __init__(self, train: Features, classes: int) -> None:
        self._present, label = torch.unique(train.label, return_inverse=True)
        self.problem, self._classes = Problem(train.values, label), classes

    def scores(
        self, fitted: Classifier, values: Float[Tensor, "n d"]
    ) -> Float[Tensor, "n classes"]:
        """-inf for classes without a training image."""
        scores = torch.full((len(values), self._classes), -torch.inf)
        scores[:, self._present] = fitted.scores(values)
        return scores
