"""Pairs of pictures that are nearly the same: re-encoded, resized, mirrored, cut a little, brightened.

Two steps. A picture's lowest 8 x 8 frequencies (its DCT, as in perceptual hashes, but as numbers
and not as signs) are compared with everybody's by their cosine, which a mirror changes in a way
that costs nothing: the odd horizontal frequencies change their sign. What lies close is then judged
by its details: one picture, moved and stretched a little to fit, must explain almost all that
varies in the other after both were smoothed and freed of slow changes. So pictures that share their
composition, such as clothes in the middle of a white wall, are not taken for copies.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from scipy.fft import dctn
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn.functional import grid_sample

FREQUENCIES = 8
CLOSE = 0.8
"""Cosine of the frequencies from which on details are compared."""

AGREE = 0.86
"""Share of one picture's details that the other explains in copies. On 3,550 changed photos and
small images, 98 % reached it; of unrelated ones with CLOSE frequencies, the highest was 0.85."""

MOST = 16
"""Candidates for each picture, the closest ones; copies of copies find each other by way of these."""

_FLAT = 0.7  # deviation of the details (of 255 levels) below which there is nothing to compare
_LIKELY = 0.4  # share that the other must explain before it is moved
_FARTHEST = 0.08  # of the side, how far a picture may be moved to fit
_BLOCK, _PAIRS = 2**21, 128  # similarities and pairs held at once


class Pairs(NamedTuple):
    """Pairs of pictures.

    Args:
        first, second: their numbers; first < second.
        mirrored: whether one is the other's mirror image.
        score: how much of its details the other explains, up to 1.
    """

    first: Int[Tensor, " m"]
    second: Int[Tensor, " m"]
    mirrored: Bool[Tensor, " m"]
    score: Float[Tensor, " m"]


def near_pairs(grey: UInt8[np.ndarray, "n s s"]) -> Pairs:
    """All pairs of nearly the same pictures, of each picture those with the `MOST` closest.

    Args:
        grey: each picture stretched to a square of the same side.
    """
    detail = _details(grey)
    kept = torch.from_numpy(np.flatnonzero(detail.std((1, 2)) >= _FLAT))
    found = [
        _judged(torch.from_numpy(detail), pairs) for pairs in _candidates(_frequencies(grey), kept)
    ]
    return Pairs(*(torch.cat(column) for column in zip(_NONE, *found, strict=True)))


_NONE = Pairs(
    torch.empty(0, dtype=torch.int64),
    torch.empty(0, dtype=torch.int64),
    torch.empty(0, dtype=torch.bool),
    torch.empty(0),
)


def _details(grey: UInt8[np.ndarray, "n s s"]) -> Float[np.ndarray, "n s s"]:
    """The band of frequencies that survives re-encoding and yet tells pictures apart."""
    fine, coarse = (1.0, 3.0) if grey.shape[1] >= 64 else (1.0, 2.0)
    detail = np.empty(grey.shape, np.float32)
    for first in range(0, len(grey), _PAIRS):
        part = grey[first : first + _PAIRS].astype(np.float32)
        smooth, slow = (
            gaussian_filter(part, (0, sigma, sigma), mode="nearest") for sigma in (fine, coarse)
        )
        detail[first : first + _PAIRS] = smooth - slow
    return detail


def _frequencies(grey: UInt8[np.ndarray, "n s s"]) -> Float[Tensor, "n f f"]:
    """The lowest frequencies but the mean, the higher the heavier, of length 1."""
    lowest = [
        dctn(part.astype(np.float32), axes=(1, 2), norm="ortho")[:, :FREQUENCIES, :FREQUENCIES]
        for part in np.array_split(grey, len(grey) // _PAIRS + 1)
    ]
    weight = np.hypot(*np.meshgrid(*[np.arange(FREQUENCIES, dtype=np.float32)] * 2))
    values: Tensor = torch.from_numpy(np.concatenate(lowest) * weight)  # the mean's weight is 0
    length: Tensor = values.flatten(1).norm(dim=1).clamp(min=1e-6)
    return values / length[:, None, None]


def _candidates(
    frequencies: Float[Tensor, "n f f"], kept: Int[Tensor, " k"]
) -> Iterator[tuple[Int[Tensor, " m"], Int[Tensor, " m"], Bool[Tensor, " m"]]]:
    """Blocks of close pairs among the kept pictures."""
    even, odd = (frequencies[kept, :, start::2].flatten(1) for start in (0, 1))
    size = max(1, _BLOCK // max(len(kept), 1))
    for start in range(0, len(kept), size):
        rows = slice(start, start + size)
        mirror = odd[rows] @ odd[start:].T
        close = (even[rows] @ even[start:].T).add_(mirror.abs()).triu_(1)
        first, second = _closest(close)
        for part in torch.arange(len(first)).split(_PAIRS):
            one, other = first[part], second[part]
            yield kept[start + one], kept[start + other], mirror[one, other] < 0


def _closest(close: Float[Tensor, "b n"]) -> tuple[Int[Tensor, " m"], Int[Tensor, " m"]]:
    """Where a row is above CLOSE, at its `MOST` highest."""
    above = close > CLOSE
    crowded = above.sum(1) > MOST
    if crowded.any():
        rows = crowded.nonzero()[:, 0]
        best = close[rows].topk(MOST, dim=1).indices
        above[rows] = False
        above[rows[:, None], best] = True
    first, second = above.nonzero(as_tuple=True)
    return first, second


def _judged(
    detail: Float[Tensor, "n s s"],
    pairs: tuple[Int[Tensor, " m"], Int[Tensor, " m"], Bool[Tensor, " m"]],
) -> Pairs:
    """Those of the pairs that agree in their details."""
    first, second, mirrored = pairs
    one = detail[first]
    other = torch.where(mirrored[:, None, None], detail[second].flip(2), detail[second])
    weights, score = _fit(one, other)
    likely = score >= _LIKELY
    _, score = _fit(_moved(one[likely], weights[likely]), other[likely])
    good = score >= AGREE
    first, second, mirrored = (column[likely][good] for column in pairs)
    return Pairs(first, second, mirrored, score[good])


def _fit(
    one: Float[Tensor, "m s s"], other: Float[Tensor, "m s s"]
) -> tuple[Float[Tensor, "m 6"], Float[Tensor, " m"]]:
    """Least squares of the second picture by the first, a constant, and the first's slopes.

    Moving a picture by a little adds its slope, and stretching it adds its slope times the place.

    Returns:
        The weights (of the picture, the constant, its slope across, times the place across, its
        slope down, times the place down), and the share of the variance they explain.
    """
    across, place = _slope(one, 2), _places(one.shape[2])
    down = _slope(one, 1)
    terms = (one, torch.ones_like(one), across, across * place, down, down * place[:, None])
    inside = slice(1, -1)
    known = torch.stack([term[:, inside, inside].flatten(1) for term in terms], 1)
    wanted = other[:, inside, inside].flatten(1)
    square = known @ known.mT
    ridge = 1e-5 * square.diagonal(dim1=1, dim2=2).mean(1)
    square = square + ridge.clamp(min=1e-6)[:, None, None] * torch.eye(len(terms))
    weights = torch.linalg.solve(square, known @ wanted[:, :, None])
    rest = wanted - (known.mT @ weights)[:, :, 0]
    varied = wanted - wanted.mean(1, keepdim=True)
    return weights[:, :, 0], 1 - rest.square().mean(1) / varied.square().mean(1).clamp(min=1e-6)


def _moved(one: Float[Tensor, "m s s"], weights: Float[Tensor, "m 6"]) -> Float[Tensor, "m s s"]:
    """The picture moved and stretched as the weights of `_fit` say."""
    side = one.shape[2]
    gain, _, right, wider, lower, higher = weights.T[:, :, None]
    place, farthest = _places(side), _FARTHEST * side
    shift = [
        ((part + stretch * place) / gain).nan_to_num().clamp(-farthest, farthest) * 2 / (side - 1)
        for part, stretch in ((right, wider), (lower, higher))
    ]
    grid = torch.linspace(-1, 1, side)
    across = (grid + shift[0])[:, None, :].expand_as(one)
    down = (grid + shift[1])[:, :, None].expand_as(one)
    where = torch.stack([across, down], 3)
    return grid_sample(one[:, None], where, padding_mode="border", align_corners=True)[:, 0]


def _slope(one: Float[Tensor, "m s s"], axis: int) -> Float[Tensor, "m s s"]:
    return torch.gradient(one, dim=axis)[0]


def _places(side: int) -> Float[Tensor, " s"]:
    """From -1 to 1, in the middle of each pixel."""
    return (torch.arange(side) - (side - 1) / 2) / (side / 2)
