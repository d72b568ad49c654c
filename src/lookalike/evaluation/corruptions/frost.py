"""Pictures of frost. The benchmark has photos of frosted glass; these are drawn instead.

Ice grows in stars. An arm bears branches at 60°, and a branch bears barbs at 60°. So where a pixel
is along and across the nearest branch follows from where it is along and across the arm; and its
place at the nearest barb follows from its place at the branch by the same step.
"""

import math
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from lookalike.evaluation.corruptions.fractal import plasma
from lookalike.evaluation.corruptions.numbers import Keys, eight_bit
from lookalike.evaluation.corruptions.severity import side_of
from lookalike.randomness import image_keys, uniform

PATTERNS = 5  # as many as the official code has photos
_SIDE = 512
_SHARE = {32: 0.2, 64: 0.3, 224: 1.0}  # of the official code's photos, which it shrinks
_STARS, _ARMS, _BRANCHES = 64, 5, 64
_SLANT = math.sin(math.pi / 3)
_COLOURS = ((0.02, 0.06, 0.14), (0.38, 0.53, 0.70), (0.72, 0.82, 0.90), (0.97, 0.99, 1.0))

Plane = Float[Tensor, "h w"]


def side_for(height: int, width: int) -> int:
    """The side of the pattern that images of this size get a part of, in pixels."""
    return max(height, width, round(_SHARE[side_of(height)] * _SIDE))


@lru_cache(maxsize=4 * PATTERNS)
def pattern(number: int, side: int) -> Float[Tensor, "3 {side} {side}"]:
    """White ferns of ice on bluish glass: values in 0 … 1, in float64, always the same.

    Args:
        number: which, 0 … PATTERNS - 1.
        side: in pixels; all are the same drawing, scaled.
    """
    if side != _SIDE:
        whole = pattern(number, _SIDE)[None]
        return F.interpolate(whole, size=(side, side), mode="bilinear", antialias=True)[0]
    key = image_keys(0, 0, torch.tensor([number]))
    rough, haze = (plasma(key, f"frost {d}", _SIDE, d)[0].float() for d in (1.9, 1.25))
    grain = uniform(key, "frost grain", _SIDE**2).view(_SIDE, _SIDE)
    rime = (0.6 * rough.T + 0.5 * haze - 0.1).clamp(0, 1)
    glass = 0.06 + 0.5 * rime * (0.75 + 0.5 * haze * grain)
    ice = _stars(key, rough) * (0.85 - 0.4 * rime)
    return eight_bit(_coloured(glass + ice)).double() / 255


def _stars(key: Keys, rough: Plane) -> Plane:
    """Light on stars that lie over one another, bent where the glass is rough."""
    place = torch.arange(_SIDE)
    down, right = place[:, None] + 40 * rough, place + 40 * rough.T
    light = torch.zeros_like(rough)
    numbers = uniform(key, "frost stars", 6 * _STARS).view(_STARS, 6).tolist()
    branches = uniform(key, "frost branches", _STARS * 2 * _ARMS * _BRANCHES)
    lengths = branches.view(_STARS, _ARMS, 2, _BRANCHES)
    for (top, left, reach, *form), length in zip(numbers, lengths, strict=True):
        y, x, size = (_SIDE * u for u in (1.2 * top - 0.1, 1.2 * left - 0.1, 0.05 + 0.4 * reach**3))
        near = tuple(slice(max(0, int(at - size - 40)), max(0, int(at + size))) for at in (y, x))
        star, cover = _star(down[near] - y, right[near] - x, size, form, length)
        light[near] = torch.maximum(star, light[near] * (1 - 0.75 * cover))
    return light


def _star(
    down: Plane,
    right: Plane,
    size: float,
    form: list[float],
    length: Float[Tensor, "arms 2 branches"],
) -> tuple[Plane, Plane]:
    """Light on a star, and how much of what is below it it hides.

    Args:
        down: from its middle, in pixels.
        right: likewise.
        size: of its arms in pixels.
        form: distance between branches, turn and twist, each in 0 … 1.
        length: of the branches on both sides of each arm, in 0 … 1.
    """
    gap, turn, twist = 4 + 3 * form[0], form[1], form[2] - 0.5
    radius = torch.hypot(down, right)
    angle = torch.atan2(down, right) / math.tau + turn + twist * radius / _SIDE
    arm = (angle * _ARMS).floor()
    off = math.tau * (angle - (arm + 0.5) / _ARMS)
    along, across = radius * off.cos(), radius * off.sin()
    out, beside, branch = _folded(along, across, gap)
    tapering = (1 - gap * torch.arange(_BRANCHES) / size).clamp(min=0) ** 0.8
    reach = 0.36 * size * tapering * (0.3 + 0.8 * length)
    ends = reach[arm.long() % _ARMS, (across > 0).long(), branch.clamp(0, _BRANCHES - 1)]
    left = (1 - out / ends.clamp(min=1e-6)).clamp(0, 1) * (branch >= 0)
    light, cover = _branch(out, beside, left, gap * _SLANT / 2)
    rest = (1 - along / size).clamp(0, 1)
    stem = _line(across, 0.5 + 1.2 * rest) * (0.5 + 0.5 * rest) * (along < size)
    return torch.maximum(light, stem), cover


def _branch(out: Plane, beside: Plane, left: Plane, widest: float) -> tuple[Plane, Plane]:
    """Light and cover of the nearest branch with its barbs.

    Args:
        out: along the branch from the arm, in pixels.
        beside: across it.
        left: what is left of it from here, 1 at the arm … 0 at its tip.
        widest: half of its width with barbs.
    """
    width = widest * left.sqrt()
    barb_out, barb_beside, _ = _folded(out, beside, 2.5)
    barb_left = (1 - barb_out * _SLANT / width.clamp(min=0.5)).clamp(0, 1)
    line = _line(beside, 0.5 + 0.6 * left) * (0.45 + 0.55 * left)
    barb_light = (0.25 + 0.75 * barb_left) * (0.45 + 0.45 * left)
    barb = _line(barb_beside, 0.4 + 0.5 * barb_left) * barb_light
    inside = beside.abs() < width
    return torch.maximum(line, barb) * inside, torch.maximum(barb_left, 0.3 * left) * inside


def _folded(along: Plane, across: Plane, gap: float) -> tuple[Plane, Plane, Int[Tensor, "h w"]]:
    """Places along and across the nearest side line at 60°, and which it is, `gap` after `gap`."""
    away = across.abs() / _SLANT
    place = (along - away / 2) / gap
    which = place.floor()
    return away, (place - which - 0.5) * gap * _SLANT, which.long()


def _line(across: Plane, width: Plane) -> Plane:
    return torch.exp(-((across / width) ** 2))


def _coloured(light: Plane) -> Float[Tensor, "3 h w"]:
    """From dark blue to white."""
    colours = torch.tensor(_COLOURS)
    place = light.clamp(0, 1)[..., None] * (len(_COLOURS) - 1)
    below = place.long().clamp(max=len(_COLOURS) - 2)
    low, high = colours[below[..., 0]], colours[below[..., 0] + 1]
    return (low + (high - low) * (place - below)).movedim(2, 0)
