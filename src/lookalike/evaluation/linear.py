"""Linear classifiers on frozen features: how much a straight cut can read out of them."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from lookalike.data.labels import split
from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import Features
from lookalike.evaluation.logistic import Classifier, Problem
from lookalike.evaluation.metrics import Outcome
from lookalike.randomness import number, order

GRID = tuple(10 ** (-6 + 0.25 * i) for i in range(45))
"""SimCLR's regularisation strengths (B.8)."""


def linear(
    train: Features,
    test: Features,
    *,
    classes: int,
    seed: int = 0,
    every: int = 2,
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
        every: 2 tries every second value of the grid (23 of them), 1 all 45.
        held_out: share of each class's training images that choose λ.

    Raises:
        DataError: no class has enough images to hold some out, or there is only one class.
        UsageError: `every` is below 1, or `held_out` not between 0 and 1.
    """
    if every < 1:
        raise UsageError("The linear probe needs every=1 or more.")
    present, label = torch.unique(train.label, return_inverse=True)
    fits, chooses = split(label, held_out, seed)
    if len(present) < 2 or not len(chooses):
        raise DataError(
            f"The linear probe cannot hold out {held_out:.0%} of the labelled images of each class.",
            why=f"Number of labelled images: {len(label):,}; of classes: {len(present):,}.",
            do="Label more images, or evaluate with prototypes, which need one per class.",
        )
    accuracy = _accuracies(train.values, label, (fits, chooses), GRID[::-every])
    strength = max(accuracy, key=accuracy.__getitem__)
    fitted = Problem(train.values, label).solve(strength)
    how = {
        "solver": "L-BFGS on all images, features standardised by the training images",
        "penalty": strength,
        "penalty_means": "λ in: sum of cross-entropies + λ/2 |W|² (scikit-learn: C = 1/λ)",
        "grid": list(accuracy),
        "grid_accuracy": list(accuracy.values()),
        "held_out": f"{len(chooses)} of {len(label)} training images",
        "iterations": fitted.iterations,
        "converged": fitted.converged,
    }
    scores = torch.full((len(test.values), classes), -torch.inf)
    scores[:, present] = fitted.scores(test.values)
    return Outcome(scores, how)


def linear_sgd(
    train: Features,
    test: Features,
    *,
    classes: int,
    seed: int = 0,
    epochs: int = 90,
    batch: int = 256,
    rate_per_256: float = 0.1,
) -> Outcome:
    """A linear layer trained as in SimCLR (B.6) and most papers after it.

    SGD with Nesterov momentum 0.9, rate 0.1 · batch / 256, cosine to zero without warm-up, no
    penalty, weights from zero. The papers crop and flip anew in each epoch and use batches of 4096;
    here the features are computed once, from the plain view, and the batch suits small sets.

    Args:
        train: labelled features.
        test: features to classify.
        classes: number of classes of the training labels.
        seed: of the order of the images.
        epochs: passes over the training images.
        batch: images per update.
        rate_per_256: learning rate for a batch of 256.

    Raises:
        UsageError: `epochs` or `batch` is below 1.
    """
    if epochs < 1 or batch < 1:
        raise UsageError("The SGD probe needs epochs=1 and batch=1 or more.")
    count = len(train.label)
    batch = min(batch, count)
    weight = torch.zeros(train.values.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    rate = rate_per_256 * batch / 256
    optimizer = torch.optim.SGD([weight, bias], lr=rate, momentum=0.9, nesterov=True)
    updates = epochs * math.ceil(count / batch)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, updates)
    for epoch in range(epochs):
        for chosen in torch.split(order(number("linear-sgd", seed), epoch, count), batch):
            logits = train.values[chosen] @ weight + bias
            optimizer.zero_grad()
            cross_entropy(logits, train.label[chosen]).backward()
            optimizer.step()
            cosine.step()
    how = {
        "solver": "SGD from zero, Nesterov momentum 0.9, cosine, no penalty",
        "epochs": epochs,
        "batch": batch,
        "rate": rate,
        "views": "plain, features frozen",
    }
    return Outcome((test.values @ weight + bias).detach(), how)


def _accuracies(
    values: Float[Tensor, "n d"],
    label: Int[Tensor, " n"],
    split: tuple[Tensor, Tensor],
    grid: tuple[float, ...],
) -> dict[float, float]:
    """Accuracy on the held-out images of each strength, each fit starting from the one before."""
    fits, chooses = split
    problem = Problem(values[fits], label[fits])
    held, truth = values[chooses], label[chooses]
    fitted: Classifier | None = None
    accuracy = {}
    for strength in grid:
        fitted = problem.solve(strength, start=fitted, rough=True)
        right = fitted.scores(held).argmax(dim=1) == truth
        accuracy[strength] = right.double().mean().item()
    return accuracy
