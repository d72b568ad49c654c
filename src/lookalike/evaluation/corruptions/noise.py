"""Noise of light and sensor. Grey images get noise of their own, as one colour would."""

from lookalike.evaluation.corruptions.numbers import Keys, normal, poisson
from lookalike.randomness import uniform
from lookalike.views.rows import Images


def gaussian_noise(images: Images, key: Keys, deviation: float) -> Images:
    """Normal noise, independent in each value: too little light."""
    return images + deviation * _normal(images, key, "gaussian_noise")


def speckle_noise(images: Images, key: Keys, deviation: float) -> Images:
    """Normal noise as strong as the value it is added to."""
    return images + deviation * images * _normal(images, key, "speckle_noise")


def shot_noise(images: Images, key: Keys, photons: float) -> Images:
    """Light counted in few photons: Poisson numbers.

    Args:
        images: of 8 bits, in 0 … 1.
        key: one per image.
        photons: expected of the value 1.
    """
    counts = poisson(key, "shot_noise", images.flatten(1), photons)
    return counts.view_as(images) / photons


def impulse_noise(images: Images, key: Keys, share: float) -> Images:
    """Salt and pepper: a share of the values, each by itself, becomes 0 or 1, equally often."""
    number = uniform(key, "impulse_noise", images[0].numel()).view_as(images)
    return images.masked_fill(number < share, 0).masked_fill(number < share / 2, 1)


def _normal(images: Images, key: Keys, purpose: str) -> Images:
    return normal(key, purpose, images[0].numel()).view_as(images)
