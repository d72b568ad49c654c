"""Noise, square holes and random erasing."""

import math
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lookalike.randomness import normal, uniform
from lookalike.views.operations import Cutout, Erase, Noise
from lookalike.views.rows import Images, Uniforms, between, spread

ATTEMPTS = 10  # to place a box, as in timm


def draw_noise(settings: Noise, uniforms: Uniforms, _size: int) -> Float[Tensor, "n 3"]:
    """Standard deviation, uniform, and two multiples of 2⁻²⁴ in [0, 1) that seed the noise."""
    numbers = uniforms(3)
    return torch.cat([between(numbers[:, :1], *settings.level), numbers[:, 1:]], 1)


def noise(images: Images, parameters: Float[Tensor, "n 3"]) -> Images:
    """Add normal noise to every value and clip to [0, 1].

    Args:
        images: values in [0, 1].
        parameters: see `draw_noise`.
    """
    level, seed = parameters[:, 0], parameters[:, 1:]
    return _normal_like(images, seed, "noise").mul_(spread(level)).add_(images).clamp_(0, 1)


def draw_cutout(settings: Cutout, uniforms: Uniforms, size: int) -> Float[Tensor, "n 3"]:
    """Top, left and side of a square in whole pixels, anywhere inside the view."""
    numbers = uniforms(3)
    side = (between(numbers[:, :1], *settings.side) * size).round().clamp(1, size)
    return torch.cat([_corner(numbers[:, 1:], size - side), side], 1)


def cutout(images: Images, hole: Float[Tensor, "n 3"], fill: float) -> Images:
    """Give all values in a square hole the value `fill`.

    Args:
        images: values in [0, 1].
        hole: top, left and side in pixels.
        fill: in [0, 1].
    """
    return torch.where(_inside(images, hole[:, [0, 1, 2, 2]]), fill, images)


def draw_erase(settings: Erase, uniforms: Uniforms, size: int) -> Float[Tensor, "n 6"]:
    """Top, left, height and width of a box in pixels, and two numbers that seed its noise.

    timm's `RandomErasing`: the first of 10 boxes that is smaller than the view in both directions
    (papers: "random erasing"). Where there is none, height and width are 0.
    """
    place, seed, tries = uniforms(4 + 2 * ATTEMPTS).split([2, 2, 2 * ATTEMPTS], 1)
    share, form = tries.view(-1, ATTEMPTS, 2).to(torch.float64).unbind(2)
    area = between(share, *settings.area) * size**2
    aspect = between(form, *(math.log(bound) for bound in settings.aspect)).exp()
    extents = torch.stack([area * aspect, area / aspect], 2).sqrt().round()
    fits, first = (extents < size).all(2).to(torch.uint8).max(1, keepdim=True)
    extent = fits * extents.take_along_dim(first[..., None], 1)[:, 0]
    return torch.cat([_corner(place, size - extent), extent, seed], 1).to(torch.float32)


def erase(images: Images, box: Float[Tensor, "n 6"], fill: Literal["noise", "zero"]) -> Images:
    """Replace the values in a box by normal numbers or by zero, without clipping.

    Args:
        images: normalised, so any values.
        box: see `draw_erase`.
        fill: "noise" is from N(0, 1) for every value.
    """
    inside = _inside(images, box[:, :4])
    if fill == "zero":
        return images.masked_fill(inside, 0)
    return torch.where(inside, _normal_like(images, box[:, 4:], "erase"), images)


def _normal_like(images: Images, seed: Float[Tensor, "n 2"], purpose: str) -> Images:
    """A standard normal number for every value, from each image's own stream.

    They are made on the device of the images: a seed is a few bytes to send, noise is as large as
    the images.
    """
    high, low = (seed * 2**24).to(torch.int64).unbind(1)
    count = images[0].numel()
    numbers = uniform(high * 2**24 + low, purpose, count + count % 2)
    return normal(numbers)[:, :count].reshape(images.shape)


def _corner(place: Float[Tensor, "n 2"], room: Float[Tensor, "n _"]) -> Float[Tensor, "n 2"]:
    """Whole numbers from 0 to `room`, equally likely."""
    return (place * (room + 1)).floor()


def _inside(images: Images, box: Float[Tensor, "n 4"]) -> Bool[Tensor, "n 1 h w"]:
    """Which pixels lie in a box of top, left, height and width."""
    top, left, height, width = box[:, :, None].unbind(1)
    row, column = (torch.arange(side, device=box.device) for side in images.shape[2:])
    rows, columns = (row >= top) & (row < top + height), (column >= left) & (column < left + width)
    return (rows[:, :, None] & columns[:, None])[:, None]
