"""Whether two pictures are the same on their pixels but for a small cut, a new size or a new encoding.

One picture is moved and stretched along both axes until it fits the other best (Gauss-Newton from
coarse to fine; Lucas and Kanade, 1981, with a gain and an offset for brightness). Then it must explain
almost all that varies in the other, after both were freed of slow changes, so that pictures which
share no more than their composition, such as clothes in the middle of a white wall, do not agree.
"""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn.functional import grid_sample

SIDE = 64
"""Pictures are compared as grey squares of this side."""

AGREE = 0.8
"""Share of one picture's variance that the other explains in copies."""

_BANDS = ((4.0, 16.0), (2.0, 8.0), (1.0, 4.0))  # pixels, what is smoothed away and what is slow
_STEPS = 4  # for each band
_FLAT = 0.5  # least deviation (of 255 levels) of what is compared
_FARTHEST = 0.25  # of half the side, how far an edge may be moved
_LONGEST = 0.1  # of half the side, in one step
_MARGIN = 4  # pixels at the edges that do not count


def square(pixels: UInt8[Tensor, "c h w"]) -> UInt8[np.ndarray, "s s"]:
    """The picture stretched to a small square, in grey."""
    channels = 3 if len(pixels) >= 3 else 1
    array = pixels[:channels].permute(1, 2, 0).contiguous().numpy()
    image = Image.fromarray(array if channels == 3 else array[:, :, 0]).convert("L")
    reducing = Image.Resampling.BOX if min(image.size) >= 2 * SIDE else Image.Resampling.BICUBIC
    return np.asarray(image.resize((SIDE, SIDE), reducing))


def agreement(
    one: UInt8[np.ndarray, "m s s"], other: UInt8[np.ndarray, "m s s"]
) -> Float[Tensor, " m"]:
    """How much of each picture its partner explains, from 0 to 1; 0 where there is nothing to compare.

    What was cut off one of them can only be found in the other, so each is moved to fit the other.
    """
    return torch.maximum(_explained(one, other), _explained(other, one))


def _explained(
    one: UInt8[np.ndarray, "m s s"], other: UInt8[np.ndarray, "m s s"]
) -> Float[Tensor, " m"]:
    place = torch.zeros(len(one), 4)  # right, wider, lower, higher, in halves of the side
    share = torch.zeros(len(one))
    for fine, slow in _BANDS:
        known, wanted = _band(one, fine, slow), _band(other, fine, slow)
        for _ in range(_STEPS):
            step, _ = _fit(_moved(known, place), wanted)
            place = (place + step).clamp(-_FARTHEST, _FARTHEST)
        _, share = _fit(_moved(known, place), wanted)
        varied = torch.minimum(known.std((1, 2)), wanted.std((1, 2)))
        share = torch.where(varied < _FLAT, 0.0, share)
    return share.clamp(0, 1)


def _band(grey: UInt8[np.ndarray, "m s s"], fine: float, slow: float) -> Float[Tensor, "m s s"]:
    """What varies over more than `fine` and less than `slow` pixels."""
    values = grey.astype(np.float32)
    smooth, mean = (
        gaussian_filter(values, (0, sigma, sigma), mode="nearest") for sigma in (fine, slow)
    )
    return torch.from_numpy(smooth - mean)


def _fit(
    one: Float[Tensor, "m s s"], other: Float[Tensor, "m s s"]
) -> tuple[Float[Tensor, "m 4"], Float[Tensor, " m"]]:
    """Least squares of the second picture by the first, a constant, and the first's slopes.

    Moving a picture by a little adds its slope, and stretching it adds its slope times the place.

    Returns:
        How to move the first one, and the share of the second's variance that it explains as it is.
    """
    inside = slice(_MARGIN, -_MARGIN)
    down, across = (slope * SIDE / 2 for slope in torch.gradient(one, dim=(1, 2)))
    place = torch.linspace(-1, 1, SIDE)
    terms = (one, torch.ones_like(one), across, across * place, down, down * place[:, None])
    known = torch.stack([term[:, inside, inside].flatten(1) for term in terms], 1)
    wanted = other[:, inside, inside].flatten(1)
    square = known @ known.mT
    ridge = 1e-4 * square.diagonal(dim1=1, dim2=2).clamp(min=1.0)
    weights = torch.linalg.solve(square + ridge.diag_embed(), known @ wanted[:, :, None])[:, :, 0]
    gain = weights[:, :1].clamp(min=0.3)  # a negative picture is no copy
    one_, other_ = (each - each.mean(1, keepdim=True) for each in (known[:, 0], wanted))
    both = (one_ * other_).sum(1).clamp(min=0)
    share = both.square() / (one_.square().sum(1) * other_.square().sum(1)).clamp(min=1e-6)
    return (weights[:, 2:] / gain).clamp(-_LONGEST, _LONGEST), share


def _moved(one: Float[Tensor, "m s s"], place: Float[Tensor, "m 4"]) -> Float[Tensor, "m s s"]:
    """The picture moved and stretched by these parts of half its side."""
    right, wider, lower, higher = place.T[:, :, None]
    grid = torch.linspace(-1, 1, SIDE)
    across = (grid + right + wider * grid)[:, None, :].expand_as(one)
    down = (grid + lower + higher * grid)[:, :, None].expand_as(one)
    where = torch.stack([across, down], 3)
    return grid_sample(one[:, None], where, padding_mode="border", align_corners=True)[:, 0]
