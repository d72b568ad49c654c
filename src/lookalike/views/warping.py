"""Turns by right angles and smooth bends."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from lookalike.randomness import normal
from lookalike.views.operations import Rotate, Warp
from lookalike.views.rows import Factor, Images, Uniforms, spread


def draw_rotate(_settings: Rotate, uniforms: Uniforms, _size: int) -> Factor:
    """Quarters for `turn`: 1, 2 or 3, equally likely."""
    return 1 + (3 * uniforms(1)[:, 0]).floor()


def turn(images: Float[Tensor, "n c s s"], quarters: Factor) -> Float[Tensor, "n c s s"]:
    """Turn square images by so many quarters, from 0 to 3, counter-clockwise (`torch.rot90`)."""
    half = torch.where(spread(quarters) >= 2, images.flip(2, 3), images)
    return torch.where(spread(quarters) % 2 == 1, half.rot90(dims=(2, 3)), half)


def draw_warp(settings: Warp, uniforms: Uniforms, size: int) -> Float[Tensor, "n 4 2"]:
    """Shifts for `bend` in pixels: normal, times one uniform length for the whole view.

    SupCon's SimAugment as in its TensorFlow code, where the greatest length is 23 pixels at 224.
    """
    numbers = uniforms(9)
    length = settings.length * size * numbers[:, :1]
    return (length * normal(numbers[:, 1:])).view(-1, 4, 2)


def bend(images: Images, shifts: Float[Tensor, "n 4 2"]) -> Images:
    """Move four points of each image, and everything else smoothly with them.

    tensorflow_addons' `sparse_image_warp` without fixed points at the border: the shifts, given at
    the places the points move to, are continued to all pixels by a thin-plate spline, and each
    pixel is read at its place minus its shift. Values between pixels are bilinear, and the border
    is repeated. There is no such spline if the points move onto a line or onto each other: an
    image whose equations cannot be solved stays as it is.

    Args:
        images: values in [0, 1].
        shifts: in pixels, down and right, of the points (h/3, w/3), (h/3, 2w/3), (2h/3, w/3) and
            (2h/3, 2w/3), counted from the centre of the first pixel as SupCon's code does.
    """
    n, _, h, w = images.shape
    shifts = shifts.to(torch.float64)
    third = torch.arange(1, 3).to(shifts) / 3
    points = torch.cartesian_prod(h * third, w * third) + shifts
    pixels = torch.cartesian_prod(*(torch.arange(side).to(shifts) for side in (h, w)))
    terms, flow = _terms(pixels.expand(n, -1, -1), points), shifts.new_zeros(n, 2, h * w)
    for term, weight in zip(terms.unbind(1), _weights(points, shifts).unbind(1), strict=True):
        flow.addcmul_(term[:, None], weight[..., None])
    return _read(images, (pixels.mT - flow).view(n, 2, h, w))


def _weights(
    points: Float[Tensor, "n m 2"], values: Float[Tensor, "n m 2"]
) -> Float[Tensor, "n m+3 2"]:
    """Weights of the `_terms` of the thin-plate spline that has these values at these points.

    Zero where there is none: `solve_ex`, as `solve` would wait for the device to raise its error.
    """
    terms = _terms(points, points)
    border = terms[:, -3:]
    conditions = torch.cat([border, border.new_zeros(len(border), 3, 3)], 2)
    system = torch.cat([terms.mT, conditions], 1)
    weights, failed = torch.linalg.solve_ex(system, F.pad(values, [0, 0, 0, 3]))
    sound = (failed == 0) & weights.isfinite().all((1, 2))
    return torch.where(sound[:, None, None], weights, 0.0)


def _terms(
    places: Float[Tensor, "n k 2"], points: Float[Tensor, "n m 2"]
) -> Float[Tensor, "n m+3 k"]:
    """What a thin-plate spline is a sum of: r² log r² from each point, 1, and the coordinates."""
    square = (places[:, None] - points[:, :, None]).square().sum(-1)
    coordinates = places.mT
    constant = torch.ones_like(coordinates[:, :1])
    return torch.cat([torch.xlogy(square, square), constant, coordinates], 1)


def _read(images: Images, places: Float[Tensor, "n 2 h w"]) -> Images:
    """Values at places in pixels, down and right: bilinear, with the border repeated."""
    last = places.new_tensor([max(side - 1, 1) for side in images.shape[2:]])[:, None, None]
    grid = (2 * places / last - 1).flip(1).movedim(1, 3).to(images.dtype)  # right and down, to ±1
    view = F.grid_sample(images, grid, padding_mode="border", align_corners=True)
    return view.clamp_(0, 1)
