"""Dividing the images of a set, as the papers do."""

from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.data.sources import Source, chosen
from lookalike.randomness import number

SHARE = 0.2
"""Of each class's images, where no paper says how many: to test on, and then to choose on."""

Amount = int | float | Literal["test"]
"""Images of each class: a number, a share, or as many as there are test images."""


def divided(
    shipped: dict[str, Source], *, held_out: Amount, drawn: int | None, seed: int
) -> dict[str, Source]:
    """The parts "train", "val" and "test" of what a set comes in; what it has is kept.

    Args:
        shipped: "train", "test" and perhaps "val", or "all".
        held_out: training images of each class that become "val".
        drawn: images of each class to train on where there is only "all"; None takes all but
            SHARE of them.
        seed: of the draws.
    """
    parts = dict(shipped)
    if "all" in parts:
        whole = parts.pop("all")
        if drawn is None:
            parts["train"], parts["test"] = carve(whole, SHARE, seed)
        else:
            parts["test"], parts["train"] = carve(whole, drawn, seed)
    if "val" not in parts:
        amount = per_class(parts["test"]) if held_out == "test" else held_out
        parts["train"], parts["val"] = carve(parts["train"], amount, seed)
    return {part: parts[part] for part in ("train", "val", "test")}


def carve(
    source: Source, amount: int | float | Int[Tensor, " classes"], seed: int
) -> tuple[Source, Source]:
    """Some images of each class, and the others; every class keeps one at least.

    Which ones is a function of the seed and their names, so that one unreadable image does not
    change the fate of the others.

    Args:
        source: labelled images.
        amount: how many of each class: one number, a share in 0 … 1, or a number for each.
        seed: another one takes others.

    Returns:
        What remains, and the part.
    """
    size = per_class(source)
    wanted = (amount * size).round() if isinstance(amount, float) else torch.as_tensor(amount)
    count = torch.minimum(wanted.expand_as(size), (size - 1).clamp_min(0))
    shuffled = torch.tensor([number("carve", seed, name) for name in source.names]).argsort()
    by_class = shuffled[source.label[shuffled].argsort(stable=True)]
    place = torch.cat([torch.arange(each) for each in size.tolist()])
    taken = place < count.repeat_interleave(size)
    rest, part = (by_class[rows].sort().values for rows in (~taken, taken))
    return chosen(source, rest), chosen(source, part)


def per_class(source: Source) -> Int[Tensor, " classes"]:
    """How many images each class has."""
    return torch.bincount(source.label, minlength=len(source.classes))
