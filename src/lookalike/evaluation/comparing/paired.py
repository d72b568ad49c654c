"""Whether two classifiers that guessed the same images differ by more than chance.

Both took the same test, so what counts are the images on which they differ. The tests ask how often
chance alone would give such a difference to two that are equally good; the chance is that of the test
images, and not that of another training.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy.special import bdtr
from torch import Tensor

from lookalike.evaluation.metrics import Estimate, draw_sets
from lookalike.randomness import number

Metric = Literal["top-1", "balanced"]


@dataclass(frozen=True)
class Difference:
    """How much more one classifier gets right than another.

    Args:
        estimate: first minus second, with its 95 % interval.
        p: how often equally good ones would differ as much; above 0.05 they count as equal.
    """

    estimate: Estimate
    p: float


def difference(
    first: Bool[Tensor, " n"],
    second: Bool[Tensor, " n"],
    label: Int[Tensor, " n"],
    metric: Metric,
    *,
    seed: int = 0,
) -> Difference:
    """Two classifiers on the same images: McNemar's test of top-1, permutations for balanced.

    Args:
        first: whether it is right.
        second: the same of the other one.
        label: the classes, 0 or more.
        metric: what is compared.
        seed: of permutations and resampling.
    """
    estimate = interval(first, second, label, metric, seed=seed)
    if metric == "top-1":
        return Difference(estimate, mcnemar(first, second))
    weight = class_weights(label)
    return Difference(estimate, permutation(first.double(), second.double(), weight, seed=seed))


def mcnemar(first: Bool[Tensor, " n"], second: Bool[Tensor, " n"]) -> float:
    """The two-sided p of McNemar's exact test (1947): is one of them right alone more often?

    Images that both get right, or both wrong, say nothing; each of the others is a fair coin if the
    two are equally good.
    """
    alone = int((first & ~second).sum()), int((second & ~first).sum())
    return min(1.0, 2 * float(bdtr(min(alone), sum(alone), 0.5)))


def permutation(
    first: Float[Tensor, " n"],
    second: Float[Tensor, " n"],
    weight: Float[Tensor, " n"],
    *,
    seed: int = 0,
    draws: int = 100_000,
) -> float:
    """The two-sided p of the permutation test of SimCLR (B.8).

    The two models' results are swapped at random, image by image; p is the share of swaps that make
    the difference at least as large as it is. The observed one counts as a draw, so p is never 0.

    Args:
        first: what each image counts for one model, e.g. 1 where it is right.
        second: the same of the other one.
        weight: of each image; the metric is the weighted sum.
        seed: of the draws.
        draws: how often all images are swapped.
    """
    change = (weight.double() * (first.double() - second.double())).numpy()
    # Images that would change the difference by the same amount are interchangeable: how many of
    # them are swapped is one binomial draw.
    steps, counts = np.unique(np.abs(change[change != 0]), return_counts=True)
    generator = np.random.default_rng(number("permutation", seed) % 2**64)
    total = np.zeros(draws)
    for step, count in zip(steps, counts, strict=True):
        total += step * (2 * generator.binomial(count, 0.5, size=draws) - count)
    rounding = 1e-9 * float(np.abs(change).sum())
    as_large = np.abs(total) >= abs(float(change.sum())) - rounding
    return (1 + int(as_large.sum())) / (1 + draws)


def class_weights(label: Int[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Under these weights the sum over images is the mean over the classes that occur."""
    size = label.bincount()
    return 1 / (size[label].double() * (size > 0).sum())


def interval(
    first: Bool[Tensor, " n"],
    second: Bool[Tensor, " n"],
    label: Int[Tensor, " n"],
    metric: Metric,
    *,
    seed: int = 0,
    resamples: int = 2000,
) -> Estimate:
    """First minus second, and the central 95 % of it over test sets drawn like this one.

    As in `metrics.measure`, with half an image more for each of the two that it alone gets right
    (Agresti and Min, 2005).
    """
    counts = _counts(first, second, label)
    drawn = draw_sets(counts, (0.5, 0.5, 0), seed=seed, resamples=resamples)
    low, high = np.quantile(_gain(drawn, metric), (0.025, 0.975)).tolist()
    return Estimate(float(_gain(counts, metric)), low, high)


def _counts(first: Tensor, second: Tensor, label: Tensor) -> NDArray[np.int64]:
    """[classes, 3]: images that only the first gets right, only the second, both or none."""
    kind = 2 - 2 * (first & ~second).long() - (second & ~first).long()
    counts = (label * 3 + kind).bincount(minlength=3 * (int(label.max()) + 1))
    return np.asarray(counts.numpy().reshape(-1, 3), dtype=np.int64)


def _gain(counts: NDArray[np.int64], metric: Metric) -> NDArray[np.float64]:
    """The difference in one or several tables of counts [… classes 3]."""
    gain, images = counts[..., 0] - counts[..., 1], counts.sum(axis=-1)
    if metric == "top-1":
        return np.asarray(gain.sum(axis=-1) / images.sum(axis=-1))
    present = (images > 0).sum(axis=-1)
    return np.asarray((gain / np.maximum(images, 1)).sum(axis=-1) / present)
