"""Labels: carved in balance, and mapped from one set of classes to another by name."""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.errors import DataError, UsageError
from lookalike.randomness import image_keys, number, order, uniform


def split(
    label: Int[Tensor, " n"], share: float, seed: int
) -> tuple[Int[Tensor, " rest"], Int[Tensor, " part"]]:
    """Divides images at random, each class by itself, so both sides are as balanced as the whole.

    Args:
        label: class of each image; images without a label (-1) count as one class.
        share: how much of each class goes into the part, between 0 and 1, rounded to whole images.
        seed: another one divides otherwise.

    Returns:
        The numbers of the images of the rest and of the part, ascending.
    """
    if not 0 < share < 1:
        raise UsageError(f"share={share} does not lie between 0 and 1.")
    shuffled = order(number(seed, "split"), 0, len(label))
    by_class = shuffled[torch.argsort(label[shuffled], stable=True)]
    count = torch.bincount(label + 1)  # unlabelled ones first, as in `by_class`
    place = torch.cat([torch.arange(size) for size in count.tolist()])
    in_part = place < (share * count).round().repeat_interleave(count)
    return by_class[~in_part].sort().values, by_class[in_part].sort().values


def noisy(label: Int[Tensor, " n"], classes: int, share: float, seed: int) -> Int[Tensor, " n"]:
    """Labels of which some are wrong, as SupCon's code can make them: -1 stays.

    Args:
        label: class of each image.
        classes: how many there are.
        share: of the labels that are replaced by one drawn evenly from all classes, so that one in
            `classes` of them is right by chance.
        seed: another one replaces others.
    """
    draws = uniform(image_keys(seed, 0, torch.arange(len(label))), "label noise", 2)
    replaced = (draws[:, 0] < share) & (label >= 0)
    return torch.where(replaced, (draws[:, 1] * classes).long(), label)


def map_labels(
    label: Int[Tensor, " n"], names: Sequence[str], classes: Sequence[str]
) -> Int[Tensor, " n"]:
    """Numbers that mean `names` as numbers that mean `classes`; -1 stays.

    Args:
        label: class of each image, as a number in `names`.
        names: the classes of these images, usually the test set's.
        classes: the classes to express them in, usually the training set's.

    Raises:
        DataError: an image is of a class that `classes` does not have.
    """
    position = {name: place for place, name in enumerate(classes)}
    present = {names[index] for index in set(label.tolist()) if index >= 0}
    if unknown := sorted(present - position.keys()):
        raise DataError(
            f"The training data has no class {', '.join(map(repr, unknown))}.",
            why=f"It knows: {', '.join(map(repr, classes))}." if classes else "It has no labels.",
            do="Rename the classes so that both sets use the same names, or leave these out.",
        )
    table = torch.tensor([*(position.get(name, -1) for name in names), -1])
    return table[label]  # -1 reads the last entry
