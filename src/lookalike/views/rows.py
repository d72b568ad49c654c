"""The rows of a batch: numbers for each, and changes of some that leave the others untouched."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Num
from torch import Tensor

Images = Float[Tensor, "n c h w"]
Factor = Float[Tensor, " n"]
Uniforms = Callable[[int], Float[Tensor, "n count"]]
"""So many numbers in [0, 1) for each view, on the CPU; a longer call begins with a shorter one's."""


def between(numbers: Tensor, low: float, high: float) -> Tensor:
    """Numbers in [0, 1) stretched to [low, high)."""
    return low + numbers * (high - low)


def spread(numbers: Factor) -> Float[Tensor, "n 1 1 1"]:
    """One number for each image, to be combined with all its values."""
    return numbers[:, None, None, None]


def change(
    images: Images,
    rows: list[int],
    op: Callable[..., Images],
    *parameters: Float[Tensor, "n ..."],
) -> Images:
    """The images with `op(images[rows], parameters[rows] …)` in place of those rows.

    Args:
        images: on any device; they may be altered in place.
        rows: which, in rising order.
        op: a function of k images and their parameters that leaves its input alone.
        parameters: one or more numbers for each image, on the CPU, so that nothing waits for the
            images' device; they are moved there.
    """
    if len(rows) == len(images):
        return op(images, *(parameter.to(images.device) for parameter in parameters))
    if rows:
        place = torch.tensor(rows)
        numbers = (parameter[place].to(images.device) for parameter in parameters)
        place = place.to(images.device)
        images[place] = op(images.index_select(0, place), *numbers)
    return images


def groups(kinds: Num[Tensor, " n"]) -> dict[int, list[int]]:
    """The rows of each whole number that occurs, in rising order."""
    found: dict[int, list[int]] = {}
    for row, kind in enumerate(kinds.tolist()):
        found.setdefault(int(kind), []).append(row)
    return dict(sorted(found.items()))
