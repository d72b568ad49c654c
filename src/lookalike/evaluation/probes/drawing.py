"""Which images are labelled: drawn at random, as many of each class as of any other."""

import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.errors import DataError
from lookalike.randomness import number, order


def draw_labels(
    label: Int[Tensor, " n"], shots: int, seed: int, draw: int
) -> Int[Tensor, "present shots"]:
    """`shots` random images of each class that occurs.

    Raises:
        DataError: a class has fewer.
    """
    of_class = torch.unique(label, return_counts=True)[1]
    fewest = int(of_class.min())
    if fewest < shots:
        raise DataError(
            f"{shots} labelled images per class are asked for, and a class has only {fewest}.",
            do=f"Set shots={fewest} or fewer, or label more images.",
        )
    return _first(label, torch.full_like(of_class, shots), seed, draw).view(-1, shots)


def draw_share(label: Int[Tensor, " n"], share: float, seed: int, draw: int) -> Int[Tensor, " m"]:
    """A share of all images, the same number of each class that occurs, or one more of some.

    At least one of each class; a class that has too few gives all it has.
    """
    present = len(torch.unique(label))
    each, more = divmod(max(round(share * len(label)), present), present)
    return _first(label, each + (order(number("one more", seed), draw, present) < more), seed, draw)


def _first(
    label: Int[Tensor, " n"], count: Int[Tensor, " present"], seed: int, draw: int
) -> Int[Tensor, " m"]:
    """The first images of each class in a random order, class by class."""
    shuffled = order(number("labels", seed), draw, len(label))
    class_by_class = shuffled[label[shuffled].argsort(stable=True)]
    of_class = torch.unique(label, return_counts=True)[1]
    return class_by_class[places(of_class) < count.repeat_interleave(of_class)]


def places(of_class: Int[Tensor, " present"]) -> Int[Tensor, " n"]:
    """0, 1, 2 … within each class, for images that lie class by class.

    Args:
        of_class: how many each class has.
    """
    return torch.cat([torch.arange(count) for count in of_class.tolist()])
