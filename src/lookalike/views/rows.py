"""The rows of a batch: numbers for each, and changes of some that leave the others untouched."""

from collections.abc import Callable

from jaxtyping import Bool, Float, Num
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
    chosen: Bool[Tensor, " n"],
    op: Callable[..., Images],
    *parameters: Float[Tensor, "n ..."],
) -> Images:
    """The images with `op(images[chosen], parameters[chosen] …)` in place of the chosen ones.

    Args:
        images: on any device; they may be altered in place.
        chosen: on the CPU, as are the parameters, so that nothing waits for the device.
        op: a function of k images and their parameters that leaves its input alone.
        parameters: one or more numbers for each image, moved to the images' device.
    """
    rows = chosen.nonzero()[:, 0]
    if len(rows) == len(images):
        return op(images, *(parameter.to(images.device) for parameter in parameters))
    if len(rows):
        numbers = (parameter[rows].to(images.device) for parameter in parameters)
        place = rows.to(images.device)
        images[place] = op(images.index_select(0, place), *numbers)
    return images


def groups(kinds: Num[Tensor, " n"]) -> list[tuple[int, Bool[Tensor, " n"]]]:
    """Each whole number that occurs, and which rows have it."""
    return [(int(kind), kinds == kind) for kind in sorted(set(kinds.tolist()))]
