"""Change some images of a batch and leave the others untouched."""

from collections.abc import Callable

from jaxtyping import Bool, Float
from torch import Tensor


def change(
    images: Float[Tensor, "n c h w"],
    chosen: Bool[Tensor, " n"],
    op: Callable[..., Float[Tensor, "k c h w"]],
    *parameters: Float[Tensor, "n ..."],
) -> None:
    """`images[chosen] = op(images[chosen], parameters[chosen] ...)`, in place.

    Args:
        images: on any device.
        chosen: on the CPU, as are the parameters, so that nothing waits for the device.
        op: a function of k images and their parameters.
        parameters: one or more numbers for each image, moved to the images' device.
    """
    rows = chosen.nonzero()[:, 0]
    if len(rows) == 0:
        return
    device = images.device
    place = rows.to(device)
    numbers = (parameter[rows].to(device) for parameter in parameters)
    images[place] = op(images.index_select(0, place), *numbers)
