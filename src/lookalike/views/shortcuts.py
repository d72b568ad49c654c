"""How easily views of one image are told from those of others, without learning anything.

Crops of one image share their colours, and a network that only compares colour histograms solves the
contrastive task (SimCLR, figure 6). These numbers need no labels and no training.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lookalike.views.rows import Images

BINS = 16


def overlap(first: Int[Tensor, "n 4"], second: Int[Tensor, "n 4"]) -> Float[Tensor, " n"]:
    """Intersection over union of two boxes (top, left, height, width) of each image."""
    start = torch.maximum(first[:, :2], second[:, :2])
    end = torch.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    shared = (end - start).clamp(min=0).prod(1)
    return shared / (first[:, 2:].prod(1) + second[:, 2:].prod(1) - shared)


def found_by_colour(first: Images, second: Images) -> float:
    """Share of first views whose nearest second view by colour histogram is of the same image.

    Histograms have 16 bins for each channel and are compared by the sum of absolute differences.

    Args:
        first: one view of each image, values in [0, 1].
        second: another view of each.
    """
    distance = torch.cdist(_histogram(first), _histogram(second), p=1)
    nearest = distance.argmin(1)
    return float((nearest == torch.arange(len(first), device=nearest.device)).double().mean())


def _histogram(views: Images) -> Float[Tensor, "n bins"]:
    """The share of each channel's values in each bin."""
    level = (views * BINS).long().clamp(0, BINS - 1).flatten(2)
    channel = torch.arange(views.shape[1], device=views.device)[:, None] * BINS
    place = (level + channel).flatten(1)
    count = torch.zeros(len(views), views.shape[1] * BINS, device=views.device)
    return count.scatter_add_(1, place, torch.ones_like(place, dtype=count.dtype)) / level.shape[2]
