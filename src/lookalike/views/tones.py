"""Operations on each value by itself, or on a channel's histogram; for any number of channels.

Images are in [0, 1] and so are results. Semantics are those of torchvision's functional forms, and of
the TensorFlow model garden for solarize-add. Posterize and equalise work on the 256 levels of 8 bits.
"""

import torch

from lookalike.views.operations import Posterize, SolarizeAdd
from lookalike.views.rows import Factor, Images, Uniforms, spread


def solarize(images: Images, threshold: Factor) -> Images:
    """The negative of values from `threshold` on (BYOL, appendix B)."""
    return torch.where(images >= spread(threshold), 1 - images, images)


def draw_solarize_add(settings: SolarizeAdd, uniforms: Uniforms, _size: int) -> Factor:
    """Amounts for `solarize_add`, uniform."""
    return uniforms(1)[:, 0] * settings.amount


def solarize_add(images: Images, amount: Factor) -> Images:
    """Values below 128 / 255 brightened by `amount`, at most to white."""
    return torch.where(images < 128 / 255, (images + spread(amount)).clamp_(0, 1), images)


def draw_posterize(settings: Posterize, uniforms: Uniforms, _size: int) -> Factor:
    """Bits for `posterize`, uniform over whole numbers, the greatest included."""
    low, high = settings.bits
    return low + (uniforms(1)[:, 0] * (high - low + 1)).floor()


def posterize(images: Images, bits: Factor) -> Images:
    """Only the highest of eight bits: 8 changes nothing but rounds, 0 is black."""
    lost = spread(8 - bits).to(torch.int32)
    level = (images * 255).round_().to(torch.int32)
    return (level >> lost << lost) / 255


def equalize(images: Images) -> Images:
    """An even histogram in each channel.

    A value becomes the number of darker pixels over a 255th of the pixels that are not of the
    lightest level, in whole numbers, as in Pillow and torchvision. Channels in which such a 255th
    is less than one pixel only round.
    """
    level = (images * 255).round_().to(torch.int64).flatten(2)
    count = level.new_zeros(*level.shape[:2], 256).scatter_add_(2, level, torch.ones_like(level))
    lightest = count.gather(2, level.amax(2, keepdim=True))
    step = (level.shape[2] - lightest) // 255
    darker = count.cumsum(2) - count
    even = ((darker + step // 2) // step.clamp(min=1)).clamp_(max=255)
    return torch.where(step > 0, even.gather(2, level), level).view(images.shape) / 255


def invert(images: Images) -> Images:
    """The negative."""
    return 1 - images


def autocontrast(images: Images) -> Images:
    """Each channel stretched to reach from black to white; constant channels do not change."""
    low = images.amin((2, 3), keepdim=True)
    span = images.amax((2, 3), keepdim=True) - low
    return torch.where(span > 0, (images - low) / span, images)
