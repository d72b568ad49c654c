"""How good the features are when only a few images of each class are labelled."""

import math
import statistics

import torch
from jaxtyping import Int
from scipy.special import stdtrit
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import Features
from lookalike.evaluation.metrics import Estimate, Outcome, ranks
from lookalike.randomness import number, order


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


def draw_labels(
    label: Int[Tensor, " n"], shots: int, seed: int, draw: int
) -> Int[Tensor, "present shots"]:
    """`shots` random images of each class that occurs.

    Raises:
        DataError: a class has fewer.
    """
    of_class = torch.unique(label, return_counts=True)[1]
    fewest = int(of_class.min())
    if fewest < shots:
        raise DataError(
            f"{shots} labelled images per class are asked for, and a class has only {fewest}.",
            do=f"Set shots={fewest} or fewer, or label more images.",
        )
    shuffled = order(number("labels", seed), draw, len(label))
    class_by_class = shuffled[label[shuffled].argsort(stable=True)]
    first = of_class.cumsum(0) - of_class
    return class_by_class[first[:, None] + torch.arange(shots)]


def _mean(values: list[float]) -> Estimate:
    """The mean and the 95 % interval in which it lies by Student's t."""
    mean, deviation = statistics.mean(values), statistics.stdev(values)
    half = float(stdtrit(len(values) - 1, 0.975)) * deviation / math.sqrt(len(values))
    return Estimate(mean, mean - half, mean + half)
