"""Snow, frost, fog and bright light. Images are on the CPU; results have their precision."""

import torch
from jaxtyping import Float
from torch import Tensor

from lookalike.evaluation.corruptions.blur import streaked, zoomed
from lookalike.evaluation.corruptions.fractal import plasma
from lookalike.evaluation.corruptions.frost import PATTERNS, pattern, side_for
from lookalike.evaluation.corruptions.numbers import Keys, normal
from lookalike.randomness import uniform
from lookalike.views.colour import grey
from lookalike.views.rows import Images


def snow(
    images: Images,
    key: Keys,
    mean: float,
    deviation: float,
    zoom: float,
    threshold: float,
    radius: float,
    blur: float,
    weight: float,
) -> Images:
    """Flakes that fall, all at one angle of -135° … -45°, over a picture that they whiten.

    The flakes are added twice, once turned by 180°.

    Args:
        images: in 0 … 1, of 1 or 3 channels.
        key: one per image.
        mean: of the normal noise that flakes are cut out of.
        deviation: of that noise.
        zoom: of its grains.
        threshold: below it there is no flake.
        radius: half a flake's trail in pixels.
        blur: standard deviation of the trail's weights in pixels.
        weight: of the image, against its whitened copy.
    """
    noise = mean + deviation * normal(key, "snow", images[0, 0].numel())
    grains = zoomed(noise.view_as(images[:, :1]), zoom)
    flakes = grains.masked_fill(grains < threshold, 0).clamp(0, 1)
    angle = 90 * uniform(key, "snow angle", 1)[:, 0] - 135
    falling = streaked(flakes, angle, radius, blur)
    light = images if images.shape[1] == 1 else grey(images)[:, None]
    white = torch.maximum(images, 1.5 * light + 0.5)
    return weight * images + (1 - weight) * white + falling + falling.flip(2, 3)


def frost(images: Images, key: Keys, image_weight: float, frost_weight: float) -> Images:
    """A random part of one of a few pictures of frost, added to the image.

    The benchmark has photos of frost; these pictures are synthetic, see `frost.pattern`. So errors
    under frost are comparable among themselves, and only roughly with published ones.

    Args:
        images: in 0 … 1, of 1 or 3 channels.
        key: one per image.
        image_weight: factor of the image.
        frost_weight: factor of the frost.
    """
    height, width = images.shape[2:]
    side = side_for(height, width)
    parts = []
    for which, *place in uniform(key, "frost", 3).tolist():
        whole = pattern(int(which * PATTERNS), side)
        top, left = (int(u * (side - s + 1)) for u, s in zip(place, (height, width), strict=True))
        parts.append(whole[:, top : top + height, left : left + width])
    return image_weight * images + frost_weight * in_channels(torch.stack(parts), images.shape[1])


def fog(images: Images, key: Keys, strength: float, decay: float) -> Images:
    """Clouds (`plasma`) added to the image, which then is as bright at most as it was.

    Args:
        images: in 0 … 1.
        key: one per image.
        strength: of the clouds.
        decay: of their details; the larger, the smoother.
    """
    height, width = images.shape[2:]
    side = 1 << (max(height, width) - 1).bit_length()
    clouds = plasma(key, "fog", side, decay)[:, None, :height, :width]
    brightest = images.amax((1, 2, 3), keepdim=True)
    return (images + strength * clouds) * brightest / (brightest + strength)


def brightness(images: Images, _key: Keys, summand: float) -> Images:
    """The value of HSV, the greatest channel, plus a summand, at most 1; hue and saturation stay.

    Args:
        images: in 0 … 1, of any number of channels.
        summand: at least 0.
    """
    value = images.amax(1, keepdim=True)
    shares = torch.where(value > 0, images / value, 1)
    return shares * (value + summand).clamp(max=1)


def in_channels(colours: Images, channels: int) -> Float[Tensor, "n {channels} h w"]:
    """RGB as it is for RGB images, its mean for grey ones."""
    return colours if channels == 3 else colours.mean(1, keepdim=True)
