"""Intervals of means over images: how they vary over sets of images drawn like this one."""

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from lookalike.evaluation.metrics import Estimate
from lookalike.randomness import number

SETS = 2000
"""How many sets of images are drawn for an interval, as in `metrics.measure`."""

_BLOCK = 2**22  # images drawn at once


def resampled_means(
    values: Float[Tensor, "n k"], *, seed: int, size: int | None = None
) -> NDArray[np.float64]:
    """Means of the columns over sets of images drawn with replacement, [SETS k].

    Args:
        values: of each image.
        seed: of the draws.
        size: images in a set, or None for n.
    """
    columns, count = values.double().numpy().T, len(values)
    generator = np.random.default_rng(number("images drawn", seed) % 2**64)
    size = size or count
    step = max(1, _BLOCK // size)
    means = []
    for start in range(0, SETS, step):
        rows = generator.integers(count, size=(min(step, SETS - start), size))
        means.append(np.stack([column[rows].mean(axis=1) for column in columns], axis=1))
    return np.concatenate(means)


def interval(value: float, drawn: NDArray[np.float64]) -> Estimate:
    """The value with the central 95 % of what was drawn around it."""
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
    return Estimate(value, low, high)


def share(values: Float[Tensor, " n"], *, seed: int) -> Estimate:
    """The mean of a share in 0 … 1 over images, e.g. of right answers of each.

    As in `metrics.measure` the sets are drawn from these images and two more, of 0 and of 1, so
    that flawless images leave some doubt (smoothed percentile bootstrap).
    """
    pool = torch.cat([values.double(), torch.tensor([0.0, 1.0], dtype=torch.float64)])
    drawn = resampled_means(pool[:, None], seed=seed, size=len(values))
    return interval(values.double().mean().item(), drawn[:, 0])


def shares(values: dict[str, Float[Tensor, " n"]], *, seed: int) -> dict[str, Estimate]:
    """`share` of several."""
    return {name: share(each, seed=seed) for name, each in values.items()}
