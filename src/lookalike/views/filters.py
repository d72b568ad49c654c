"""Gaussian blur with a width of its own for each image."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from lookalike.views.operations import Blur
from lookalike.views.rows import Factor, Images, Uniforms, between

Border = Literal["mirrored", "black", "grey"]


def gaussian_blur(images: Images, sigma: Factor, taps: int, border: Border = "mirrored") -> Images:
    """Blur each image by its own standard deviation.

    Each axis is cut into strips of 16 pixels. All pixels of a strip need the same neighbours, so a
    strip is a product with a small band matrix. That is far less arithmetic than one matrix for the
    whole side, and fewer passes over memory than a sum of shifted images.

    Args:
        images: square, values in [0, 1].
        sigma: standard deviations in pixels, above 0.
        taps: width of the kernel, odd, at most twice the image's side - 1.
        border: what lies outside, see `lookalike.views.operations.Blur`.
    """
    _, c, size, _ = images.shape
    reach = _STRIP + taps - 1
    band = _band(sigma, taps)
    padded, rows = _padded(images, taps // 2, border)
    # The strips of all channels lie at equal distances, so that nothing is copied to line them up.
    vertical = torch.matmul(band[:, None], padded.unfold(1, reach, _STRIP).mT).flatten(1, 2)
    strips = vertical.unfold(2, reach, _STRIP).transpose(1, 2)
    blurred: Tensor = torch.matmul(strips, band.mT[:, None]).unflatten(2, (c, rows))
    return blurred[:, :, :, :size].permute(0, 2, 3, 1, 4).flatten(3)[..., :size]


def blur(images: Images, sigma: Factor, settings: Blur) -> Images:
    """The `gaussian_blur` that settings describe."""
    return gaussian_blur(images, sigma, taps(settings, images.shape[-1]), settings.border)


def taps(blur: Blur, size: int) -> int:
    """Width of the kernel for views of `size` pixels: odd, at least 3."""
    return max(3, 2 * (int(blur.kernel * size) // 2) + 1)


def draw_sigma(blur: Blur, uniforms: Uniforms, _size: int) -> Factor:
    """Standard deviations in pixels."""
    sigma = between(uniforms(1)[:, 0], *blur.sigma)
    return sigma[:1].expand(len(sigma)) if blur.shared else sigma


def _band(sigma: Factor, taps: int) -> Float[Tensor, "n strip reach"]:
    """The weight of each pixel within reach of a strip in each of the strip's."""
    offset = torch.arange(taps, device=sigma.device) - taps // 2
    weight = torch.softmax(-0.5 * (offset / sigma[:, None]) ** 2, 1)
    weight = F.threshold(weight, 1e-12, 0.0)  # denormal tails are slow to multiply
    # A row of weights and zeros, one longer than a row of the matrix, shifts by one from row to row.
    rows = F.pad(weight, (0, _STRIP)).repeat(1, _STRIP)
    band: Tensor = rows[:, : _STRIP * (_STRIP + taps - 1)].unflatten(1, (_STRIP, -1))
    return band


def _padded(
    images: Images, radius: int, border: Border
) -> tuple[Float[Tensor, "n down across"], int]:
    """The channels below one another, each with its border in a whole number of strips; and how many
    rows each takes. Below the last are so many rows more that every strip has all it reaches."""
    n, c, size, _ = images.shape
    rows = -(-(size + 2 * radius) // _STRIP) * _STRIP
    width = -(-size // _STRIP) * _STRIP + 2 * radius
    padded = images.new_zeros(n, c * rows + 2 * radius, width)
    place = padded[:, : c * rows].unflatten(1, (c, rows))
    mode, value = _OUTSIDE[border]
    bordered = F.pad(images, (radius,) * 4, mode=mode, value=value)
    place[:, :, : size + 2 * radius, : size + 2 * radius] = bordered
    return padded, rows


_OUTSIDE: dict[str, tuple[str, float | None]] = {
    "mirrored": ("reflect", None),
    "black": ("constant", 0.0),
    "grey": ("constant", 0.5),
}


_STRIP = 16
