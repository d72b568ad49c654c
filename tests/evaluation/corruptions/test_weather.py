"""Weather against slow references in float64, written from the recipes."""

import colorsys
import math
from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import shift, zoom
from sklearn.datasets import load_sample_images
from torch import Tensor
from torch.nn.functional import interpolate

from lookalike.evaluation.corruptions.apply import corrupt
from lookalike.evaluation.corruptions.fractal import plasma
from lookalike.evaluation.corruptions.frost import PATTERNS, pattern
from lookalike.evaluation.corruptions.numbers import normal
from lookalike.evaluation.corruptions.severity import SEVERITIES
from lookalike.evaluation.corruptions.weather import brightness, fog, frost, snow
from lookalike.randomness import image_keys, uniform

KEYS = image_keys(3, 0, torch.arange(4))
ROUNDING = 1e-9  # of 1: far below the 1 / 255 that could be seen


def _images(*shape: int) -> Tensor:
    levels = torch.randint(256, shape, generator=torch.Generator().manual_seed(0))
    levels[0, :, 0, 0], levels[0, :, 0, 1] = 0, 255
    return levels.double() / 255


def _close(found: Tensor, expected: list[NDArray[np.float64]]) -> None:
    np.testing.assert_allclose(found.numpy(), np.stack(expected), atol=ROUNDING)


@pytest.mark.parametrize("decay", [3.0, 2.0, 1.4])
def test_plasma_is_the_recursion(decay: float) -> None:
    """A point's lowest bit says its round, and whether both coordinates have it, its neighbours."""
    side = 16
    for row, numbers in enumerate(uniform(KEYS, "test", side * side).double().tolist()):

        @cache
        def point(y: int, x: int, numbers: tuple[float, ...] = tuple(numbers)) -> float:
            y, x = y % side, x % side
            if y == x == 0:
                return 0.0
            reach = (y | x) & -(y | x)
            steps = [(0, 1), (1, 0), (0, -1), (-1, 0)]
            if y & reach and x & reach:
                steps = [(-1, -1), (-1, 1), (1, -1), (1, 1)]
            mean = math.fsum(point(y + reach * i, x + reach * j) for i, j in steps) / 4
            wibble = 100 / decay ** round(math.log2(side / reach) - 1)
            return mean + wibble * (-wibble + 2 * wibble * numbers[y * side + x])

        grid = np.array([[point(y, x) for x in range(side)] for y in range(side)])
        expected = (grid - grid.min()) / (grid.max() - grid.min())
        np.testing.assert_allclose(
            plasma(KEYS, "test", side, decay)[row].numpy(), expected, atol=ROUNDING
        )


@pytest.mark.parametrize(("size", "grid"), [(32, 32), (40, 64)])
def test_fog(size: int, grid: int) -> None:
    images = _images(4, 3, size, size) * torch.tensor([1, 0.9, 0.5, 0.2])[:, None, None, None]
    clouds = plasma(KEYS, "fog", grid, 2.5).numpy()
    expected = [
        (x + 0.75 * cloud[:size, :size]) * x.max() / (x.max() + 0.75)
        for x, cloud in zip(images.numpy(), clouds, strict=True)
    ]
    _close(fog(images, KEYS, 0.75, 2.5), expected)


@pytest.mark.parametrize(("size", "severity"), [(32, 1), (32, 3), (45, 4)])
@pytest.mark.parametrize("channels", [1, 3])
def test_snow(size: int, severity: int, channels: int) -> None:
    mean, std, factor, threshold, radius, sigma, weight = SEVERITIES["snow"][32][severity - 1]
    images = _images(4, channels, size, size)
    numbers = normal(KEYS, "snow", size * size).numpy().reshape(-1, size, size)
    angles = uniform(KEYS, "snow angle", 1)[:, 0].double().tolist()
    expected = []
    for image, noise, turn in zip(images.numpy(), numbers, angles, strict=True):
        crop = math.ceil(size / factor)
        top = (size - crop) // 2
        layer = zoom((mean + std * noise)[top : top + crop, top : top + crop], factor, order=1)
        top = (len(layer) - size) // 2
        layer = layer[top : top + size, top : top + size]
        layer[layer < threshold] = 0
        layer = _trail(layer.clip(0, 1), -135 + 90 * turn, int(radius), sigma)
        gray = image.mean(0) if channels == 1 else np.tensordot([0.299, 0.587, 0.114], image, 1)
        white = np.maximum(image, 1.5 * gray + 0.5)
        expected.append(weight * image + (1 - weight) * white + layer + np.rot90(layer, 2))
    found = snow(images, KEYS, mean, std, factor, threshold, radius, sigma, weight)
    np.testing.assert_allclose(found.numpy(), np.stack(expected), atol=0.05 / 255)  # grey: 4 digits


def _trail(layer: NDArray[np.float64], angle: float, radius: int, sigma: float) -> Tensor:
    total, weights = np.zeros_like(layer), 0.0
    for i in range(2 * radius + 1):
        down = math.ceil(i * math.sin(math.radians(angle)) - 0.5)
        right = math.ceil(i * math.cos(math.radians(angle)) - 0.5)
        weight = math.exp(-(i**2) / (2 * sigma**2))
        total += weight * shift(layer, (-down, -right), order=0, mode="nearest")
        weights += weight
    return total / weights


def test_brightness() -> None:
    images = _images(4, 3, 16, 16)
    expected = [np.empty((3, 16, 16)) for _ in images]
    for image, out in zip(images.numpy(), expected, strict=True):
        for y, x in np.ndindex(16, 16):
            hue, saturation, value = colorsys.rgb_to_hsv(*image[:, y, x])
            out[:, y, x] = colorsys.hsv_to_rgb(hue, saturation, min(value + 0.3, 1))
    _close(brightness(images, KEYS, 0.3), expected)
    grey = images[:, :1]
    assert torch.allclose(brightness(grey, KEYS, 0.3), (grey + 0.3).clamp(max=1))


@pytest.mark.parametrize(("size", "side"), [(32, 102), (48, 154), (180, 512), (520, 520)])
def test_frost_adds_a_part_of_a_pattern(size: int, side: int) -> None:
    images = _images(4, 3, size, size)
    expected, places = [], set()
    for image, numbers in zip(images.numpy(), uniform(KEYS, "frost", 3).tolist(), strict=True):
        number = math.floor(PATTERNS * numbers[0])
        top, left = (math.floor((side - size + 1) * u) for u in numbers[1:])
        whole = pattern(number, side).numpy()
        expected.append(0.8 * image + 0.5 * whole[:, top : top + size, left : left + size])
        places.add((number, top, left))
    _close(frost(images, KEYS, 0.8, 0.5), expected)
    assert len({number for number, *_ in places}) > 1
    assert len(places) == 4 or size == side
    grey = frost(images[:, :1], KEYS, 0, 1)
    torch.testing.assert_close(grey, frost(images, KEYS, 0, 1).mean(1, keepdim=True))


def test_patterns_look_like_frost() -> None:
    """Bluish, from dark glass to white ice, with detail everywhere, and not alike."""
    patterns = torch.stack([pattern(number, 512) for number in range(PATTERNS)])
    assert ((patterns >= 0) & (patterns <= 1)).all()
    for each in patterns:
        light = each.mean(0)
        red, green, blue = each.mean((1, 2)).tolist()
        assert red + 0.05 < green < blue - 0.05
        assert 0.45 < light.mean() < 0.7
        assert 0.12 < light.std() < 0.3
        assert 0.02 < (light > 0.9).double().mean() < 0.3
        tiles = light.unfold(0, 64, 64).unfold(1, 64, 64)
        assert tiles.std((2, 3)).min() > 0.01
        assert (tiles.std((2, 3)) > 0.1).double().mean() > 0.5
    flat = patterns.flatten(1)
    assert np.corrcoef(flat.mean(0, keepdim=True).expand_as(flat) - flat)[0, 1] < 0.5
    assert pattern(0, 102).shape == (3, 102, 102)
    assert abs(pattern(0, 102).mean() - patterns[0].mean()) < 0.01


def _photos(size: int) -> Tensor:
    photos = np.stack(load_sample_images().images)[:, :, 100:527]
    whole = torch.from_numpy(photos).movedim(3, 1).float()
    return interpolate(whole, size=(size, size), mode="bilinear", antialias=True).byte()


@pytest.mark.parametrize("kind", ["snow", "fog", "brightness"])
@pytest.mark.parametrize("size", [32, 64, 224])
def test_more_severe_changes_more(kind: str, size: int) -> None:
    """Snow of severities 2 and 3 is about as strong at 224 px, by its constants."""
    images = _photos(size).repeat(2, 1, 1, 1)
    severities = [1, 2, 4, 5] if (kind, size) == ("snow", 224) else [1, 2, 3, 4, 5]
    corrupted = [corrupt(images, kind, severity, KEYS) for severity in severities]
    changes = [(each.double() - images).abs().mean().item() for each in corrupted]
    assert changes == sorted(changes)
    assert changes[0] > 7
    assert changes[-1] > 1.3 * changes[0]


@pytest.mark.parametrize("kind", ["frost", "fog", "brightness"])
@pytest.mark.parametrize("size", [32, 64, 224])
def test_more_severe_leaves_less_of_the_image(kind: str, size: int) -> None:
    """Frost of the highest severities darkens more than it adds, so its pixels change less."""
    images = _photos(size).repeat(2, 1, 1, 1)
    corrupted = [corrupt(images, kind, severity, KEYS) for severity in range(1, 6)]
    alike = [
        np.mean([np.corrcoef(*pair)[0, 1] for pair in zip(each.flatten(1), clean, strict=True)])
        for clean in [images.flatten(1)]
        for each in corrupted
    ]
    assert alike == sorted(alike, reverse=True)
    assert alike[0] - alike[4] > 0.03


@pytest.mark.parametrize("kind", ["snow", "frost", "fog", "brightness"])
def test_an_image_does_not_depend_on_its_batch(kind: str) -> None:
    images = (_images(4, 3, 33, 33) * 255).round().byte()
    whole = corrupt(images, kind, 4, KEYS)
    order = torch.tensor([2, 0, 3])
    assert torch.equal(corrupt(images[order], kind, 4, KEYS[order]), whole[order])
    assert torch.equal(corrupt(images[1:2], kind, 4, KEYS[1:2]), whole[1:2])
