"""Numbers of the corruptions: drawn, each image's from its key alone, and rounded to 8 bits."""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from numpy.typing import NDArray
from scipy.special import gammaln
from torch import Tensor

from lookalike import randomness
from lookalike.randomness import uniform

Keys = Int[Tensor, " n"]
"""One per image, from `lookalike.randomness.image_keys`."""

Pixels = UInt8[Tensor, "n c h w"]


def eight_bit(values: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
    """Values in 0 … 1 as whole numbers in 0 … 255, clipped and truncated as in the official code.

    What lies below a whole number by a rounding error counts as that number, so that results do not
    depend on the order of sums.
    """
    return (values.clamp(0, 1) * 255 + 1e-5).to(torch.uint8)


def normal(key: Keys, purpose: str, count: int) -> Float[Tensor, "n count"]:
    """`count` standard normal numbers for each key, in float64.

    Args:
        key: one per row.
        purpose: what they are for; other purposes give independent numbers.
        count: how many for each key; another count gives other numbers.
    """
    return randomness.normal(uniform(key, purpose, count + count % 2).double())[:, :count]


def poisson(
    key: Keys, purpose: str, shares: Float[Tensor, "n count"], greatest: float
) -> Float[Tensor, "n count"]:
    """A Poisson number of mean `shares` · `greatest` in each place, by inversion, in float64.

    Each is the first whose cumulative probability exceeds a uniform number. All means with the same
    share of 255 have one table, so the shares of 8-bit images are exact and others are rounded.

    Args:
        key: one per row.
        purpose: what they are for.
        shares: in 0 … 1.
        greatest: the mean of share 1.
    """
    table = _cumulative(greatest)
    level = (shares * 255).round()
    # Table after table is one ascending list if each begins where the one before ends.
    wanted = level + uniform(key, purpose, shares.shape[1]).double()
    place = torch.searchsorted(table.flatten(), wanted, right=True)
    return (place - level * table.shape[1]).double()


@lru_cache(maxsize=5)
def _cumulative(greatest: float) -> Float[Tensor, "256 counts"]:
    """Row v: v + P(number ≤ 0, 1, 2 …) where the mean is `greatest` · v / 255."""
    mean: NDArray[np.float64] = greatest * np.arange(1, 256)[:, None] / 255
    counts = np.arange(int(greatest + 9 * greatest**0.5) + 16)  # what lies beyond is below 2⁻²⁴
    share = np.exp(counts * np.log(mean) - mean - gammaln(counts + 1)).cumsum(axis=1)
    table = torch.ones(256, len(counts), dtype=torch.float64)
    table[1:] = torch.from_numpy(share).clamp_(max=1)
    table[:, -1] = 1
    return table + torch.arange(256)[:, None]
