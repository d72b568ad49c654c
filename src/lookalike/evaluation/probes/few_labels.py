"""How good the features are when only a few images of each class are labelled."""

import math
import statistics
from typing import Literal

import torch
from jaxtyping import Int
from scipy.special import stdtrit
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import Features
from lookalike.evaluation.metrics import Estimate, Outcome, ranks
from lookalike.evaluation.probes.drawing import draw_labels, draw_share, places
from lookalike.evaluation.probes.linear import GRID, PENALTY, right
from lookalike.evaluation.probes.logistic import Problem

_FOLDS = 5
_ALONE = 1.0  # λ where a class has one label, so that none can be held out to choose it


def prototypes(
    train: Features,
    test: Features,
    *,
    classes: int,
    seed: int = 0,
    shots: int = 1,
    draws: int = 20,
) -> Outcome:
    """The nearest class mean (Snell et al., 2017, in cosine), from a few labels per class.

    Features are normalised, averaged over the labelled images of a class, and an image belongs to
    the class whose mean is nearest in angle. The labelled images are drawn anew many times; the
    metric is the mean over the draws and the interval that of this mean (Student's t).

    Args:
        train: labelled features to draw from.
        test: features to classify.
        classes: number of classes of the training labels; one without any training image is never
            guessed.
        seed: of the draws.
        shots: labelled images per class.
        draws: how many times they are drawn, at least 2.

    Raises:
        DataError: a class has fewer training images than `shots`.
        UsageError: `shots` or `draws` is too small.
    """
    if shots < 1 or draws < 2:
        raise UsageError("Prototypes need at least 1 label per class (shots) and 2 draws.")
    bank, queries = normalize(train.values, dim=1), normalize(test.values, dim=1)
    accuracy = []
    for draw in range(draws):
        chosen = draw_labels(train.label, shots, seed, draw)
        scores = torch.full((len(queries), classes), -torch.inf)
        means = bank[chosen].mean(dim=1)
        scores[:, train.label[chosen[:, 0]]] = queries @ normalize(means, dim=1).T
        accuracy.append((ranks(scores, test.label) == 0).double().mean().item())
    name = f"top-1 from {shots} {'label' if shots == 1 else 'labels'} per class"
    how = {"shots": shots, "draws": draws, "accuracy_of_draws": accuracy}
    return Outcome({name: _mean(accuracy)}, how)


def few_labels(
    train: Features,
    test: Features,
    *,
    classes: int,
    seed: int = 0,
    labels: Literal["1%", "10%", "1", "5", "10"] = "1%",
    draws: int = 5,
) -> Outcome:
    """The linear probe (see `linear`) from a few labels, as many of each class as of any other.

    SimCLR's lists of 1 % and 10 % of ImageNet are balanced in this way. The strength of the penalty
    is chosen by cross-validation within these labels alone (5 folds, or as many as a class has
    labels); with one label per class that is impossible, and λ is 1. Features are standardised by
    all training images, without their labels. The labelled images are drawn anew several times;
    the metric is the mean over the draws and the interval that of this mean (Student's t).

    Args:
        train: labelled features to draw from.
        test: features to classify.
        classes: number of classes of the training labels; one without any training image is never
            guessed.
        seed: of the draws.
        labels: "1%" or "10%" of the training images, at least one of each class and all of a class
            that has too few; or this many of each class.
        draws: how many times they are drawn, at least 2.

    Raises:
        DataError: a class has fewer training images than labels per class, or there is one class.
        UsageError: `draws` is too small.
    """
    if draws < 2:
        raise UsageError("Few labels need 2 draws or more.")
    present, label = torch.unique(train.label, return_inverse=True)
    if len(present) < 2:
        raise DataError("The linear probe needs images of 2 classes, and there is only one.")
    problem = Problem(train.values, label)
    standard = problem.scale(train.values)
    accuracy, strengths = list[float](), list[float]()
    for draw in range(draws):
        rows = _some(label, labels, seed, draw)
        strengths.append(_strength(problem, standard, label, rows))
        fitted = problem.part(rows).solve(strengths[-1])
        scores = torch.full((len(test.values), classes), -torch.inf)
        scores[:, present] = fitted.scores(test.values)
        accuracy.append((ranks(scores, test.label) == 0).double().mean().item())
    share = labels.endswith("%")
    each = f"{labels[:-1]} % of the labels" if share else f"{labels} labels per class"
    how = {
        "labels": labels,
        "labelled_images": len(rows),
        "draws": draws,
        "accuracy_of_draws": accuracy,
        "penalties": strengths,
        "penalty_means": PENALTY,
        "chosen_by": "cross-validation within the labels; λ = 1 with one label per class",
    }
    return Outcome({f"top-1 from {each.replace('1 labels', '1 label')}": _mean(accuracy)}, how)


def _some(label: Int[Tensor, " n"], labels: str, seed: int, draw: int) -> Int[Tensor, " m"]:
    """Images drawn as `few_labels` says, class by class."""
    if labels.endswith("%"):
        return draw_share(label, float(labels[:-1]) / 100, seed, draw)
    return draw_labels(label, int(labels), seed, draw).flatten()


def _strength(
    problem: Problem, standard: Tensor, label: Int[Tensor, " n"], rows: Int[Tensor, " m"]
) -> float:
    """The strength of SimCLR's grid that is best in cross-validation; of equals, the strongest."""
    of_class = torch.unique(label[rows], return_counts=True)[1]
    folds = min(_FOLDS, int(of_class.min()))
    if folds < 2:
        return _ALONE
    grid, fold, hits = GRID[::-1], places(of_class) % folds, torch.zeros(len(GRID)).double()
    for held in (fold == each for each in range(folds)):
        path = problem.part(rows[~held]).path(grid)
        hits += right(path, standard[rows[held]], label[rows[held]])
    return grid[int(hits.argmax())]


def _mean(values: list[float]) -> Estimate:
    """The mean and the 95 % interval in which it lies by Student's t."""
    mean, deviation = statistics.mean(values), statistics.stdev(values)
    half = float(stdtrit(len(values) - 1, 0.975)) * deviation / math.sqrt(len(values))
    return Estimate(mean, mean - half, mean + half)
