"""Synthetic pictures whose every factor is known: a shape of some colour, size, place and rotation.

Nothing is stored: picture i of a split is a function of i, from the numbers of `randomness`. A
shape is where its distance function is negative; its edge is smoothed over one pixel.
"""

import math

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from lookalike.randomness import image_keys, uniform

SHAPES = ("disc", "square", "triangle", "ring", "cross")
SIDE = 32
"""Side of the pictures in pixels."""

Factors = dict[str, Tensor]


def draw_factors(seed: int, count: int) -> Factors:
    """The factors of pictures 0 … count - 1, each a tensor [n], independent of one another.

    "shape" (number in `SHAPES`, int64), "hue" (0 to 1, a turn of the colour circle), "size" (radius
    of the circle it fits into), "x" and "y" (of its centre; the picture spans -1 to 1, y down),
    "rotation" (radians, 0 to 2π), "background" (grey level 0 to 1).
    """
    key = image_keys(seed, 0, torch.arange(count))
    shape, hue, size, x, y, rotation, background = uniform(key, "shapes", 7).unbind(1)
    return {
        "shape": (shape * len(SHAPES)).long(),
        "hue": hue,
        "size": 0.25 + 0.3 * size,
        "x": 0.8 * x - 0.4,
        "y": 0.8 * y - 0.4,
        "rotation": math.tau * rotation,
        "background": background,
    }


def render_shapes(factors: Factors) -> UInt8[Tensor, "n 3 h w"]:
    """The pictures of `factors`, RGB, `SIDE` pixels wide and high."""
    inside = _coverage(factors)[:, None]
    colour = _rgb(factors["hue"])[:, :, None, None]
    background = factors["background"][:, None, None, None]
    return (255 * (inside * colour + (1 - inside) * background)).round().to(torch.uint8)


def _coverage(factors: Factors) -> Float[Tensor, "n h w"]:
    """The share of each pixel that the shape covers."""
    size, turn = (factors[name][:, None, None] for name in ("size", "rotation"))
    axis = (torch.arange(SIDE) + 0.5) * 2 / SIDE - 1
    right = (axis - factors["x"][:, None, None]) / size
    down = (axis[:, None] - factors["y"][:, None, None]) / size
    u, v = turn.cos() * right + turn.sin() * down, turn.cos() * down - turn.sin() * right
    every = torch.stack(_distances(u, v))
    distance = every[factors["shape"], torch.arange(len(size))]
    return (0.5 - distance * size * SIDE / 2).clamp(0, 1)


def _distances(u: Float[Tensor, "n h w"], v: Float[Tensor, "n h w"]) -> list[Tensor]:
    """For each of `SHAPES`, negative inside; all fit into the circle of radius 1."""
    radius, x, y = torch.hypot(u, v), u.abs(), v.abs()
    sides = [u * math.cos(t) + v * math.sin(t) for t in (0, math.tau / 3, -math.tau / 3)]
    bars = torch.minimum(torch.maximum(x - 0.95, y - 0.3), torch.maximum(x - 0.3, y - 0.95))
    return [
        radius - 0.9,
        torch.maximum(x, y) - 0.7,
        torch.stack(sides).amax(0) - 0.5,
        (radius - 0.7).abs() - 0.2,
        bars,
    ]


def _rgb(hue: Float[Tensor, " n"]) -> Float[Tensor, "n 3"]:
    """The pure colour of a hue: HSV with saturation and value 1."""
    place = (hue[:, None] * 6 + torch.tensor([5.0, 3.0, 1.0])) % 6
    return 1 - torch.minimum(place, 4 - place).clamp(0, 1)
