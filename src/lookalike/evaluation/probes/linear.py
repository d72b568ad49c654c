"""Linear classifiers on frozen features: how much a straight cut can read out of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lookalike.data.labels import split
from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import Features
from lookalike.evaluation.metrics import Outcome
from lookalike.evaluation.probes.classifier import Classifier
from lookalike.evaluation.probes.descent import descend
from lookalike.evaluation.probes.heads import Heads
from lookalike.evaluation.probes.logistic import Problem
from lookalike.evaluation.probes.protocols import PROTOCOLS

GRID = tuple(10 ** (-6 + 0.25 * i) for i in range(45))
"""SimCLR's regularisation strengths (B.8)."""

PENALTY = "λ in: sum of cross-entropies + λ/2 |W|² (scikit-learn: C = 1/λ)"


def linear(
    train: Features,
    test: Features,
    *,
    classes: int,
    seed: int = 0,
    held_out: float = 0.2,
) -> Outcome:
    """Multinomial logistic regression with an l2 penalty, solved exactly (SimCLR B.8).

    The strength λ of the penalty (see `logistic`) is the one of SimCLR's grid with the best
    accuracy on images held out of the training images, class by class; of equals, the strongest.
    The classifier is then fitted to all training images. The test images choose nothing.

    Args:
        train: labelled features.
        test: features to classify.
        classes: number of classes of the training labels; one without any training image is never
            guessed.
        seed: of the split.
        held_out: share of each class's training images that choose λ.

    Raises:
        DataError: no class has enough images to hold some out, or there is only one class.
        UsageError: `held_out` is not between 0 and 1.
    """
    fitted, present, how = fit(train, seed=seed, held_out=held_out)
    scores = torch.full((len(test.values), classes), -torch.inf)
    scores[:, present] = fitted.scores(test.values)
    return Outcome(scores, how)


def fit(
    train: Features, *, seed: int, held_out: float = 0.2
) -> tuple[Classifier, Int[Tensor, " present"], dict[str, Any]]:
    """The classifier of `linear`, whose arguments these are; its classes; and how it was chosen.

    Raises:
        DataError: no class has enough images to hold some out, or there is only one class.
        UsageError: `held_out` is not between 0 and 1.
    """
    present, label = torch.unique(train.label, return_inverse=True)
    fits, chooses = split(label, held_out, seed)
    if len(present) < 2 or not len(chooses):
        raise DataError(
            f"The linear probe cannot hold out {held_out:.0%} of the labelled images of each class.",
            why=f"Number of labelled images: {len(label):,}; of classes: {len(present):,}.",
            do="Label more images, or evaluate with prototypes, which need one per class.",
        )
    problem, grid = Problem(train.values, label), GRID[::-1]
    path = problem.part(fits).path(grid)
    accuracy = right(path, problem.scale(train.values[chooses]), label[chooses]) / len(chooses)
    best = int(accuracy.argmax())  # the first, so the strongest
    fitted = problem.solve(grid[best], start=path[best])
    how = {
        "solver": "L-BFGS on all images, features standardised by the training images",
        "penalty": grid[best],
        "penalty_means": PENALTY,
        "grid": list(grid),
        "grid_accuracy": accuracy.tolist(),
        "held_out": f"{len(chooses)} of {len(label)} training images",
        "iterations": fitted.iterations,
        "converged": fitted.converged,
    }
    return fitted, present, how


def right(
    fitted: Sequence[Classifier], standard: Float[Tensor, "n d"], label: Int[Tensor, " n"]
) -> Float[Tensor, " s"]:
    """How many images each of some classifiers is right about.

    Args:
        fitted: of one scale.
        standard: features in this scale.
        label: the images' classes.
    """
    guesses = ((standard @ each.weight + each.bias).argmax(dim=1) for each in fitted)
    return torch.stack([(guess == label).double().sum() for guess in guesses])


def linear_sgd(
    train: Features,
    test: Features,
    *,
    classes: int,
    seed: int = 0,
    protocol: Literal["simclr", "supcon", "supcon-imagenet", "byol", "mae"] = "simclr",
    epochs: int | None = None,
    batch: int = 256,
    held_out: float = 0.2,
) -> Outcome:
    """A linear layer trained by gradient descent as in the papers, on features computed once.

    The papers crop and flip anew in each epoch; here the features are those of the plain view. Where
    a paper tries several rates, the one that is best on images held out of the training images is
    then used on all of them. The test images choose nothing.

    Args:
        train: labelled features.
        test: features to classify.
        classes: number of classes of the training labels.
        seed: of the order of the images, the first weights and what is held out.
        protocol: whose optimizer, rate and schedule: SimCLR's (appendix B.6), those of SupCon's
            code on CIFAR-10 and on ImageNet, BYOL's linear protocol or MAE's (table 10).
        epochs: passes over the training images, or None for the paper's.
        batch: images per update, to which the rate is proportional. The papers' 512 to 16,384 suit
            larger sets.
        held_out: share of each class's training images that choose among several rates.

    Raises:
        DataError: several rates are tried, and no class has enough images to hold some out.
        UsageError: `epochs` or `batch` is below 1, or `held_out` not between 0 and 1.
    """
    paper = PROTOCOLS[protocol]
    epochs, batch = paper.epochs if epochs is None else epochs, min(batch, len(train.label))
    if epochs < 1 or batch < 1:
        raise UsageError("The SGD probe needs epochs=1 and batch=1 or more.")
    train_layers = partial(
        descend, paper=paper, classes=classes, seed=seed, epochs=epochs, batch=batch
    )
    accuracy = _rate_accuracies(train, paper.rates, train_layers, held_out, seed)
    rate = max(accuracy, key=accuracy.__getitem__)
    scores = train_layers(train, rates=(rate,)).scores(test.values)[0]
    how: dict[str, Any] = {
        "paper": asdict(paper),
        "epochs": epochs,
        "batch": batch,
        "rate": rate * batch / 256,
        "accuracy_of_rates": list(accuracy.items()) if len(accuracy) > 1 else "one rate only",
        "views": "plain, features frozen",
    }
    return Outcome(scores, how)


def _rate_accuracies(
    train: Features,
    rates: tuple[float, ...],
    train_layers: Callable[..., Heads],
    held_out: float,
    seed: int,
) -> dict[float, float]:
    """Accuracy of each rate on images held out; one rate alone needs none."""
    if len(rates) == 1:
        return dict.fromkeys(rates, math.nan)
    rest, part = (
        Features(*(column[rows] for column in train)) for rows in split(train.label, held_out, seed)
    )
    if not len(part.label):
        raise DataError(
            f"The SGD probe cannot hold out {held_out:.0%} of the images of each class.",
            do="Label more images, or choose a protocol that tries one rate.",
        )
    guesses = train_layers(rest, rates=rates).scores(part.values).argmax(dim=2)
    return dict(zip(rates, (guesses == part.label).double().mean(dim=1).tolist(), strict=True))
