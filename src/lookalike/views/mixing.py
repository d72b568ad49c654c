"""Mixup and CutMix: each image mixed with a partner, and its label with the partner's.

timm's `Mixup` in mode "batch", with which MAE is fine-tuned (table 9). The partner of the first
image is the last one, and so on.
"""

import torch
from jaxtyping import Float, Int
from scipy.special import betaincinv
from torch import Tensor

from lookalike.errors import UsageError
from lookalike.randomness import uniform
from lookalike.views.rows import Images

Targets = Float[Tensor, "n classes"]
Box = tuple[slice, slice]  # rows, columns


def mixed(
    views: Images,
    label: Int[Tensor, " n"],
    key: Int[Tensor, " n"],
    *,
    classes: int,
    mixup: float = 0.8,
    cutmix: float = 1.0,
    switch: float = 0.5,
    smoothing: float = 0.1,
) -> tuple[Images, Targets]:
    """Views and labels of a batch, mixed in one proportion.

    The proportion is Beta(a, a) distributed. It belongs to the batch and is drawn from the key of
    its first image, so it depends on what is in the batch, as nothing else in the views does.

    Args:
        views: one view of each image.
        label: from 0 to `classes` - 1.
        key: one key per image, from `lookalike.randomness.image_keys`.
        classes: how many there are.
        mixup: a for the blend of whole images; 0 switches it off.
        cutmix: a for pasting a part of the partner; 0 switches it off.
        switch: how often it is CutMix where both are on.
        smoothing: share of a target that is spread evenly over all classes.

    Returns:
        The views, and targets whose rows sum to 1.

    Raises:
        UsageError: an image has no label or has no partner.
    """
    targets = soft_targets(label, classes, smoothing)
    if not mixup and not cutmix:
        return views, targets
    if len(views) % 2:
        raise UsageError(
            f"Mixing needs batches of even size, and this one has {len(views)} images.",
            why="Every image is mixed with one partner.",
            do="Choose an even batch size.",
        )
    kind, quantile, row, column = uniform(key[:1].cpu(), "mixing", 4)[0].tolist()
    if cutmix and (not mixup or kind < switch):
        box = cut_box(1 - _beta(cutmix, quantile), (row, column), views.shape[2:])
        views, share = pasted(views, box)
    else:
        share = _beta(mixup, quantile)
        views = blended(views, share)
    return views, blended(targets, share)


def soft_targets(label: Int[Tensor, " n"], classes: int, smoothing: float) -> Targets:
    """1 - s + s/C for an image's class and s/C for the others."""
    low, high = (int(end) for end in label.aminmax())
    if low < 0 or high >= classes:
        raise UsageError(
            f"Targets of {classes} classes need labels from 0 to {classes - 1}, and this batch has"
            f" labels from {low} to {high}.",
            why="-1 stands for an image without a label.",
            do="Train on labelled images, with as many classes as they have.",
        )
    even = smoothing / classes
    targets = torch.full((len(label), classes), even, device=label.device)
    return targets.scatter_(1, label[:, None], 1 - smoothing + even)


def blended(batch: Float[Tensor, "n ..."], share: float) -> Float[Tensor, "n ..."]:
    """This share of each row, and the rest from its partner."""
    return share * batch + (1 - share) * batch.flip(0)


def pasted(views: Images, box: Box) -> tuple[Images, float]:
    """Views with the box taken from their partners, and the share that is still their own."""
    view = views.clone()
    part = view[:, :, *box]
    part.copy_(views.flip(0)[:, :, *box])
    return view, 1 - part[0, 0].numel() / view[0, 0].numel()


def cut_box(area: float, centre: tuple[float, float], size: tuple[int, ...]) -> Box:
    """A box of the image's form around a pixel, without what sticks out of the image.

    Args:
        area: share of the image before that is cut off; sides are rounded down to pixels.
        centre: two numbers in [0, 1), the place of that pixel.
        size: height and width of the image in pixels.
    """

    def span(place: float, length: int) -> slice:
        middle, side = int(place * length), int(length * area**0.5)
        return slice(max(middle - side // 2, 0), min(middle + (side + 1) // 2, length))

    rows, columns = map(span, centre, size)
    return rows, columns


def _beta(a: float, quantile: float) -> float:
    """A Beta(a, a) number from a uniform one."""
    return float(betaincinv(a, a, quantile))
