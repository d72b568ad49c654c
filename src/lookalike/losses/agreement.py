"""Numbers worth a curve beside a contrastive loss. Nothing here has gradients."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lookalike.losses.inputs import full_precision, unit

BLOCK = 1024
"""Anchors at once."""


@torch.no_grad()
@full_precision
def contrastive_accuracy(
    first: Float[Tensor, "n d"], keys: Float[Tensor, "m d"], start: int = 0
) -> Float[Tensor, ""]:
    """Share of images whose first view lies nearest to their own second view (SimCLR's code).

    Args:
        first: first views of n images.
        keys: second views of all m images, these n among them.
        start: where these n begin among the m.
    """
    anchors, keys = unit(first), unit(keys)
    own = torch.arange(len(anchors), device=keys.device) + start
    found = [
        (rows @ keys.T).argmax(1) == place
        for rows, place in zip(anchors.split(BLOCK), own.split(BLOCK), strict=True)
    ]
    return torch.cat(found).to(anchors.dtype).mean()


@torch.no_grad()
@full_precision
def entropy(
    first: Float[Tensor, "n d"],
    keys: Float[Tensor, "m d"],
    temperature: float,
    normalize: bool = True,
) -> Float[Tensor, ""]:
    """Mean entropy of an anchor's softmax over the second views (SimCLR, table 5); at most ln m.

    Args:
        first: first views of n images.
        keys: second views of all m images.
        temperature: τ, greater than 0.
        normalize: whether rows are divided by their lengths first.
    """
    anchors, keys = unit(first, normalize), unit(keys, normalize)
    each = []
    for rows in anchors.split(BLOCK):
        log_share = (rows @ keys.T / temperature).log_softmax(1)
        each.append(-(log_share.exp() * log_share).sum(1))
    return torch.cat(each).mean()


@torch.no_grad()
def same_class(label: Int[Tensor, " n"], everyone: Int[Tensor, " m"]) -> Float[Tensor, ""]:
    """Share of an image's negatives that have its class: what the loss wrongly pushes away.

    Args:
        label: classes of n images, -1 where there is none; those do not count.
        everyone: classes of all m images, these n among them.

    Returns:
        nan where no image has a label.
    """
    known = everyone >= 0
    shares = [
        ((rows[:, None] == everyone).sum(1) - 1) / (known.sum() - 1) for rows in label.split(BLOCK)
    ]
    return torch.cat(shares)[label >= 0].mean()


@torch.no_grad()
@full_precision
def spread(z: Float[Tensor, "n ... d"]) -> Float[Tensor, ""]:
    """Standard deviation of the unit rows in each dimension, averaged, times √d.

    1 where they point in all directions alike, 0 where all are the same (Chen & He, 2021, Fig. 2,
    there without the factor √d).

    Args:
        z: projections or features of n images, in one view or several.
    """
    rows = unit(z.flatten(0, -2))
    deviation: Tensor = rows.std(0, correction=0).mean()
    return deviation * float(rows.shape[1] ** 0.5)
