"""Noise: its distribution, and the exact inversion behind the Poisson numbers."""

import numpy as np
import pytest
import torch
from scipy import stats

from lookalike.evaluation.corruptions import noise
from lookalike.evaluation.corruptions.numbers import eight_bit, normal
from lookalike.randomness import image_keys, uniform

KEY = image_keys(3, 0, torch.arange(6))
IMAGES = torch.linspace(0.2, 0.8, 6, dtype=torch.float64)[:, None, None, None].expand(6, 3, 40, 40)


def test_gaussian_noise_is_normal_with_this_deviation() -> None:
    drawn = (noise.gaussian_noise(IMAGES, KEY, 0.26) - IMAGES).flatten() / 0.26
    assert stats.kstest(drawn.numpy(), "norm").pvalue > 0.01


def test_speckle_noise_grows_with_the_value() -> None:
    drawn = (noise.speckle_noise(IMAGES, KEY, 0.6) / IMAGES - 1).flatten() / 0.6
    assert stats.kstest(drawn.numpy(), "norm").pvalue > 0.01


def test_normal_numbers_of_images_places_and_purposes_are_independent() -> None:
    drawn = normal(KEY, "a", 2001)
    assert drawn.shape == (6, 2001)
    everything = torch.cat([drawn, normal(KEY, "b", 2001)]).numpy()
    correlation = np.corrcoef(everything) - np.eye(12)
    assert np.abs(correlation).max() < 4 / 2001**0.5
    beside = np.corrcoef(drawn[:, :-1].flatten(), drawn[:, 1:].flatten())[0, 1]
    assert abs(beside) < 4 / 12000**0.5


@pytest.mark.parametrize("photons", [3, 60, 500])
def test_shot_noise_is_the_inverse_of_poissons_distribution(photons: int) -> None:
    levels = torch.arange(256).view(1, 1, 16, 16).expand(6, 3, 16, 16)
    found = noise.shot_noise(levels.double() / 255, KEY, photons)
    numbers = uniform(KEY, "shot_noise", 3 * 256).view(levels.shape).double().numpy()
    mean = photons * levels.double().numpy() / 255
    expected = stats.poisson.ppf(numbers, np.maximum(mean, 1e-300))
    np.testing.assert_allclose(found * photons, np.maximum(expected, 0), rtol=1e-12)


@pytest.mark.parametrize("share", [0.05, 0.27])
def test_impulse_noise_replaces_a_share_of_the_values_by_black_and_white(share: float) -> None:
    found = noise.impulse_noise(IMAGES, KEY, share)
    black, white = (found == 0), (found == 1)
    assert torch.equal(found[~(black | white)], IMAGES[~(black | white)])
    slack = 4 * (share / 2 / IMAGES.numel()) ** 0.5
    for part in (black, white):
        assert part.double().mean().item() == pytest.approx(share / 2, abs=slack)
    whole_pixels = (black | white).all(dim=1).double().mean().item()
    assert whole_pixels == pytest.approx(share**3, abs=0.006)


def test_8_bits_are_truncated_but_forgive_rounding_errors() -> None:
    values = torch.tensor([-0.1, 0.9999 / 255, 128 / 255 - 1e-12, 128.9 / 255, 1, 1.2])
    assert eight_bit(values.double()).tolist() == [0, 0, 128, 128, 255, 255]
    levels = torch.arange(256, dtype=torch.float64)
    assert torch.equal(eight_bit(levels / 255 - 1e-14), levels.to(torch.uint8))
