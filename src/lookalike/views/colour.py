"""Colour: brightness, contrast, saturation, hue and its loss, each image by its own amount.

Images are in [0, 1] and so are results. Semantics are those of torchvision's functional forms on
float images; where the official TensorFlow codes of the papers differ, both are here.
"""

from collections.abc import Callable
from itertools import permutations

import torch
from jaxtyping import Float
from torch import Tensor

from lookalike.errors import UsageError
from lookalike.views.operations import Jitter, Normalize
from lookalike.views.rows import Factor, Images, Uniforms, change, spread


def brightness(images: Images, factor: Factor) -> Images:
    """0 is black, 1 changes nothing."""
    return (images * spread(factor)).clamp_(0, 1)


def added_brightness(images: Images, amount: Factor) -> Images:
    """-1 is black, 0 changes nothing (SimCLR's and BYOL's code)."""
    return (images + spread(amount)).clamp_(0, 1)


def contrast(images: Images, factor: Factor) -> Images:
    """0 is the mean of the grey image, or of all channels where they are not 3; 1 changes nothing."""
    light = grey(images)[:, None] if images.shape[1] == 3 else images.mean(1, keepdim=True)
    return _blend(images, _mean(light), factor)


def channel_contrast(images: Images, factor: Factor) -> Images:
    """0 is the mean of each channel, 1 changes nothing (TensorFlow's adjust_contrast)."""
    return _blend(images, _mean(images), factor)


def saturation(images: Images, factor: Factor) -> Images:
    """0 is the grey image, 1 changes nothing."""
    return _blend(images, grey(images)[:, None], factor)


def hsv_saturation(images: Images, factor: Factor) -> Images:
    """Multiplies the saturation of HSV, at most up to 1 (TensorFlow's adjust_saturation).

    Hue and value stay, so each channel's distance from the value is multiplied likewise.
    """
    red, green, blue = _channels(images)
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = value - torch.minimum(torch.minimum(red, green), blue)
    most = value / chroma.clamp(min=1e-12)
    factors = torch.minimum(factor[:, None, None], most)[:, None]
    value = value[:, None]
    return value - (value - images) * factors


def hue(images: Images, shift: Factor) -> Images:
    """Turn the colour circle by `shift`, a share of it in [-0.5, 0.5]; 0 changes nothing.

    On the hexagon of hues a channel, as a share of the chroma, is 1 up to a sixth of the circle
    from its pure colour and falls to 0 at two sixths. As one channel is always 1 and one 0, the
    distance from red is linear: 1 - red + green + blue sixths, on green's side or on blue's.
    """
    red, green, blue = _channels(images)
    low = torch.minimum(torch.minimum(red, green), blue)
    chroma = torch.maximum(torch.maximum(red, green), blue).sub_(low)
    distance = (green + blue).sub_(red).sub_(low).add_(chroma).div_((6 * chroma).clamp_(min=1e-12))
    turn = distance.copysign_(green - blue).add_(shift[:, None, None])
    away = turn[:, None] - torch.arange(3, device=turn.device)[:, None, None] / 3
    share = torch.rsub(away.sub_(away.round()).abs_(), 2, alpha=6).clamp_(0, 1)
    return torch.addcmul(low[:, None], share, chroma[:, None])


def drop(images: Images) -> Images:
    """Grey in all three channels."""
    return grey(images)[:, None].repeat(1, 3, 1, 1)


def grey(images: Images) -> Float[Tensor, "n h w"]:
    """ITU-R 601 luma, with torchvision's rounding of the weights."""
    red, green, blue = _channels(images)
    return (red * 0.2989).add_(green, alpha=0.587).add_(blue, alpha=0.114)


def standardised(images: Images, normalize: Normalize) -> Images:
    """Less the mean, divided by the standard deviation.

    Raises:
        UsageError: those are for another number of channels.
    """
    mean, std = (images.new_tensor(x)[:, None, None] for x in (normalize.mean, normalize.std))
    if len(mean) != images.shape[1]:
        raise UsageError(
            f"The views are normalised by {len(mean)} channels, and these images have"
            f" {images.shape[1]}.",
            do=f"Give normalize {images.shape[1]} means and standard deviations.",
        )
    return (images - mean).div_(std)


Adjustment = Callable[[Images, Factor], Images]
_MULTIPLIED, _ADDED = (1.0, 1.0, 1.0, 0.0), (0.0, 1.0, 1.0, 0.0)
_FORMS: dict[str, tuple[tuple[Adjustment, ...], tuple[float, ...]]] = {
    "torchvision": ((brightness, contrast, saturation, hue), _MULTIPLIED),
    "tensorflow": ((added_brightness, channel_contrast, hsv_saturation, hue), _ADDED),
    "tensorflow-v2": ((brightness, channel_contrast, hsv_saturation, hue), _MULTIPLIED),
}
"""The four adjustments of each form, and the numbers that change nothing."""

_ORDERS = list(permutations(range(4)))


def jitter(images: Images, numbers: Float[Tensor, "n 5"], settings: Jitter) -> Images:
    """Apply the four adjustments to each image in its own order.

    At each of the four steps the images are grouped by the adjustment that is due, so there are at
    most 16 groups, however many images.

    Args:
        images: may be altered in place.
        numbers: on the CPU; of brightness, contrast, saturation and hue, and the number of the
            order from 0 to 23, where 0 is the one given above.
        settings: says the form.
    """
    adjustments, neutral = _FORMS[settings.form]
    for due in _due(numbers, neutral):
        for number, rows in sorted(due.items()):
            images = change(images, rows, adjustments[number], numbers[:, number])
    return images


def _due(numbers: Float[Tensor, "n 5"], neutral: tuple[float, ...]) -> list[dict[int, list[int]]]:
    """At each step, which images each adjustment changes."""
    steps: list[dict[int, list[int]]] = [{}, {}, {}, {}]
    for row, (*factors, order) in enumerate(numbers.tolist()):
        for due, number in zip(steps, _ORDERS[int(order)], strict=True):
            if factors[number] != neutral[number]:
                due.setdefault(number, []).append(row)
    return steps


def draw_jitter(jitter: Jitter, uniforms: Uniforms, _size: int) -> Float[Tensor, "n 5"]:
    """The `numbers` of `jitter`."""
    numbers = uniforms(5)
    neutral = torch.tensor(_FORMS[jitter.form][1])
    reach = torch.tensor([jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue])
    low = torch.where(neutral > 0, (neutral - reach).clamp(min=0.0), -reach)
    factors = low + numbers[:, :4] * (neutral + reach - low)
    orders = len(_ORDERS) if jitter.order == "random" else 1
    return torch.cat([factors, (numbers[:, 4:] * orders).floor()], 1)


def _blend(images: Images, other: Float[Tensor, "n _ _ _"], factor: Factor) -> Images:
    """`other` where the factor is 0, the images where it is 1, and beyond them above 1."""
    return (images * spread(factor)).add_(other * spread(1 - factor)).clamp_(0, 1)


def _mean(images: Images) -> Float[Tensor, "n c 1 1"]:
    """In float64, so that the number of images and threads does not show in the last bit."""
    return images.mean((2, 3), dtype=torch.float64)[:, :, None, None].to(images.dtype)


def _channels(images: Images) -> tuple[Tensor, ...]:
    if images.shape[1] != 3:
        raise UsageError(
            f"Saturation, hue, colour drop and Sobel edges need 3 channels, and these images have"
            f" {images.shape[1]}.",
            do="Set jitter.saturation, jitter.hue and drop to 0 and sobel to null in the views.",
        )
    return images.unbind(1)
