"""Blur of lens and movement. Images are on the CPU; results have their precision."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.ndimage import correlate1d, gaussian_filter
from scipy.signal import fftconvolve
from torch import Tensor
from torch.nn import functional as F

from lookalike.evaluation.corruptions.numbers import Keys
from lookalike.randomness import uniform
from lookalike.views.rows import Images


def gaussian_blur(images: Images, _key: Keys, deviation: float) -> Images:
    """Gaussian blur cut at 4 standard deviations; beyond the border the edge pixels are repeated."""
    deviations = (0, 0, deviation, deviation)
    blurred = gaussian_filter(images.numpy(), deviations, mode="nearest", truncate=4)
    return torch.from_numpy(blurred)


def defocus_blur(images: Images, _key: Keys, radius: float, edge: float) -> Images:
    """Each point becomes a disk; the image is mirrored at its borders, edge pixels not repeated.

    Args:
        images: any size.
        radius: of the disk in pixels; below 1 it is one pixel.
        edge: standard deviation of the blur that softens the disk.
    """
    disk = _disk(radius, edge)
    margin = len(disk) // 2
    wide = np.pad(images.numpy(), ((0, 0), (0, 0), (margin,) * 2, (margin,) * 2), mode="reflect")
    return torch.from_numpy(fftconvolve(wide, disk[None, None], mode="valid", axes=(2, 3)))


def motion_blur(images: Images, key: Keys, radius: float, deviation: float) -> Images:
    """`streaked` at an angle uniform in -45° … 45°."""
    return streaked(images, 90 * uniform(key, "motion_blur", 1)[:, 0] - 45, radius, deviation)


def streaked(images: Images, angle: Float[Tensor, " n"], radius: float, deviation: float) -> Images:
    """A fading trail: the mean of 2 · radius + 1 copies, each one pixel farther along a line.

    Copies are moved by whole pixels and weigh exp(-i² / 2 deviation²), i = 0, 1, …; the edge pixels
    are repeated beyond the borders.

    Args:
        images: any size.
        angle: where the copies are read from, in degrees, clockwise from the right.
        radius: half of the trail in pixels.
        deviation: of its weights, in pixels.
    """
    step = torch.arange(2 * int(radius) + 1, dtype=torch.float64)
    weight = torch.exp(-step.square() / (2 * deviation**2))
    turn = angle.double().deg2rad()[:, None]
    down, right = ((step * part - 0.5).ceil().long() for part in (turn.sin(), turn.cos()))
    margin, (h, w), rows = len(step) - 1, images.shape[2:], torch.arange(len(images))
    windows = F.pad(images, [margin] * 4, mode="replicate").unfold(2, h, 1).unfold(3, w, 1)
    total = torch.zeros_like(images)
    for i, share in enumerate((weight / weight.sum()).tolist()):
        total.add_(windows[rows, :, down[:, i] + margin, right[:, i] + margin], alpha=share)
    return total


def zoom_blur(images: Images, _key: Keys, *factors: float) -> Images:
    """The mean of the image and its `zoomed` copies."""
    total = images.clone()
    for factor in factors:
        total += zoomed(images, factor)
    return total / (len(factors) + 1)


def zoomed(images: Images, factor: float) -> Images:
    """The middle of the images enlarged to the whole, bilinearly, corners upon corners.

    Args:
        images: any size.
        factor: at least 1.
    """
    sides = images.shape[2:]
    parts = [math.ceil(side / factor) for side in sides]
    wide = [round(part * factor) for part in parts]
    inner = _middle(images, parts)
    return _middle(F.interpolate(inner, size=wide, mode="bilinear", align_corners=True), sides)


def _middle(images: Images, sides: Sequence[int]) -> Float[Tensor, "n c _ _"]:
    top, left = ((have - want) // 2 for have, want in zip(images.shape[2:], sides, strict=True))
    return images[:, :, top : top + sides[0], left : left + sides[1]]


def _disk(radius: float, edge: float) -> NDArray[np.float64]:
    """The disk on 17 × 17 pixels, or as many as a radius above 8 needs, softened by 3 × 3 or 5 × 5.

    Where it reaches the border, which is mirrored, its sum differs a little from 1, as in the
    official code.
    """
    half, taps = (8, 1) if radius <= 8 else (math.ceil(radius), 2)
    place = np.arange(-half, half + 1)
    inside: NDArray[np.bool_] = place[:, None] ** 2 + place**2 <= radius**2
    weight = np.exp(-(np.arange(-taps, taps + 1) ** 2) / (2 * edge**2))
    disk: NDArray[np.float64] = inside / inside.sum()
    for axis in (0, 1):
        disk = correlate1d(disk, weight / weight.sum(), axis, mode="mirror")
    return disk
