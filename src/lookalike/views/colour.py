"""Colour: brightness, contrast, saturation, hue and its loss, each image by its own amount.

Images are in [0, 1] and so are results. Semantics are those of torchvision's functional forms on
float images.
"""

from collections.abc import Callable
from itertools import permutations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lookalike.errors import UsageError
from lookalike.randomness import uniform
from lookalike.views.policy import Jitter
from lookalike.views.rows import change

Images = Float[Tensor, "n c h w"]
Factor = Float[Tensor, " n"]


def brightness(images: Images, factor: Factor) -> Images:
    """0 is black, 1 changes nothing."""
    return (images * _spread(factor)).clamp_(0, 1)


def contrast(images: Images, factor: Factor) -> Images:
    """0 is the mean of the grey image, 1 changes nothing."""
    light = images[:, 0] if images.shape[1] == 1 else grey(images)
    # In float64, so that the number of images and threads does not show in the last bit.
    pivot = light.mean((1, 2), dtype=torch.float64).to(images.dtype)
    return _blend(images, _spread(pivot), factor)


def saturation(images: Images, factor: Factor) -> Images:
    """0 is the grey image, 1 changes nothing."""
    return _blend(images, grey(images)[:, None], factor)


def hue(images: Images, shift: Factor) -> Images:
    """Turn the colour circle by `shift`, a share of it in [-0.5, 0.5]; 0 changes nothing.

    On the hexagon of hues a channel, as a share of the chroma, is 1 up to a sixth of the circle
    from its pure colour and falls to 0 at two sixths. As one channel is always 1 and one 0, the
    distance from red is linear: 1 - red + green + blue sixths, on green's side or on blue's.
    """
    red, green, blue = _channels(images)
    low = images.amin(1)
    chroma = images.amax(1).sub_(low)
    distance = (green + blue).sub_(red).sub_(low).add_(chroma).div_((6 * chroma).clamp_(min=1e-12))
    turn = distance.copysign_(green - blue).add_(shift[:, None, None])
    away = turn[:, None] - torch.arange(3, device=turn.device)[:, None, None] / 3
    away = away.sub_(away.round()).abs_()
    return away.mul_(-6).add_(2).clamp_(0, 1).mul_(chroma[:, None]).add_(low[:, None])


def drop(images: Images) -> Images:
    """Grey in all three channels."""
    return grey(images)[:, None].expand_as(images)


def grey(images: Images) -> Float[Tensor, "n h w"]:
    """ITU-R 601 luma, with torchvision's rounding of the weights."""
    red, green, blue = _channels(images)
    return (red * 0.2989).add_(green, alpha=0.587).add_(blue, alpha=0.114)


def jitter(images: Images, factors: Float[Tensor, "n 4"], order: Int[Tensor, " n"]) -> None:
    """Apply the four adjustments in place, to each image in its own order.

    At each of the four steps the images are grouped by the adjustment that is due, so there are at
    most 16 groups, however many images.

    Args:
        images: changed in place, those with neutral factors not at all.
        factors: of brightness, contrast, saturation and hue; [1, 1, 1, 0] changes nothing.
        order: number of the order, 0 to 23; 0 is the one given above.
    """
    due = _ORDERS[order]
    for step in range(4):
        for number, adjust in enumerate(_ADJUSTMENTS):
            chosen = (due[:, step] == number) & (factors[:, number] != _NEUTRAL[number])
            change(images, chosen, adjust, factors[:, number])


_ADJUSTMENTS: tuple[Callable[[Images, Factor], Images], ...] = (
    brightness,
    contrast,
    saturation,
    hue,
)
_NEUTRAL = torch.tensor([1.0, 1.0, 1.0, 0.0])
_ORDERS = torch.tensor(list(permutations(range(4))))


def draw_jitter(
    key: Int[Tensor, " n"], purpose: str, jitter: Jitter
) -> tuple[Float[Tensor, "n 4"], Int[Tensor, " n"]]:
    """Factors and order for `jitter`; neutral factors where it does not happen."""
    numbers = uniform(key, purpose, 6)
    spread = torch.tensor([jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue])
    low = (_NEUTRAL - spread).maximum(torch.tensor([0.0, 0.0, 0.0, -0.5]))
    factors = low + numbers[:, 1:5] * (_NEUTRAL + spread - low)
    happens = numbers[:, :1] < jitter.probability
    orders = len(_ORDERS) if jitter.order == "random" else 1
    return torch.where(happens, factors, _NEUTRAL), (numbers[:, 5] * orders).to(torch.int64)


def _blend(images: Images, other: Float[Tensor, "n _ _ _"], factor: Factor) -> Images:
    factor = _spread(factor)
    return (images * factor).add_(other * (1 - factor)).clamp_(0, 1)


def _spread(numbers: Factor) -> Float[Tensor, "n 1 1 1"]:
    return numbers[:, None, None, None]


def _channels(images: Images) -> tuple[Tensor, ...]:
    if images.shape[1] != 3:
        raise UsageError(
            f"Saturation, hue and colour drop need 3 channels, and these images have"
            f" {images.shape[1]}.",
            do="Set jitter.saturation, jitter.hue and drop to 0 in the views.",
        )
    return images.unbind(1)
