"""Bends and drops against slow references in float64, written from the recipes."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from torch import Tensor

from lookalike.evaluation.corruptions.apply import corrupt
from lookalike.evaluation.corruptions.distortion import elastic_transform, spatter
from lookalike.evaluation.corruptions.edges import canny
from lookalike.evaluation.corruptions.numbers import normal
from lookalike.evaluation.corruptions.severity import SEVERITIES
from lookalike.randomness import image_keys, uniform

KEYS = image_keys(3, 0, torch.arange(3))
ROUNDING = 1e-9  # of 1: far below the 1 / 255 that could be seen
Plane = NDArray[np.float64]


def _images(*shape: int) -> Tensor:
    levels = torch.randint(256, shape, generator=torch.Generator().manual_seed(0))
    return levels.double() / 255


@pytest.mark.parametrize("severity", [(32, 1), (32, 3), (64, 2), (224, 1), (224, 4)])
@pytest.mark.parametrize("sides", [(32, 32), (30, 41)])
def test_elastic_transform(severity: tuple[int, int], sides: tuple[int, int]) -> None:
    (h, w), images = sides, _images(3, 3, *sides)
    height, smoothness, shift = SEVERITIES["elastic_transform"][severity[0]][severity[1] - 1]
    moves = (2 * uniform(KEYS, "elastic points", 6).double() - 1).numpy().reshape(-1, 3, 2)
    noises = (2 * uniform(KEYS, "elastic bends", 2 * h * w).double() - 1).numpy()
    y, x = np.mgrid[:h, :w].astype(float)
    expected = []
    for image, move, noise in zip(images.numpy(), moves, noises.reshape(-1, 2, h, w), strict=True):
        corner, reach = np.array([w // 2, h // 2]), min(h, w) // 3
        old = corner + reach * np.array([[1, 1], [1, -1], [-1, -1]])
        forth = np.vstack([*_map(old, old + shift * move), [0, 0, 1]])
        back = np.linalg.inv(forth)
        places = [row[0] * x + row[1] * y + row[2] for row in (back[1], back[0])]
        image = [map_coordinates(c, places, order=1, mode="mirror") for c in image]
        if height:
            right, down = (
                height * gaussian_filter(n, smoothness, mode="reflect", truncate=3) for n in noise
            )
            places = [y + down, x + right]
            image = [map_coordinates(c, places, order=1, mode="reflect") for c in image]
        expected.append(image)
    found = elastic_transform(images, KEYS, height, smoothness, shift)
    np.testing.assert_allclose(found.numpy(), np.array(expected), atol=1e-7)


def _map(old: Plane, new: Plane) -> Plane:
    """The affine map [2, 3] that takes three points to three others, by Cramer's rule."""
    (ax, ay), (bx, by), (cx, cy) = old
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    rows = []
    for a, b, c in new.T:
        right = ((b - a) * (cy - ay) - (c - a) * (by - ay)) / area
        down = ((bx - ax) * (c - a) - (cx - ax) * (b - a)) / area
        rows.append([right, down, a - right * ax - down * ay])
    return np.array(rows)


def _drops(size: int, seed: int, sigma: float, share: float) -> NDArray[np.uint8]:
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=(size, size)), sigma)
    noise /= noise.std()
    return np.where(noise > share, 120 + 30 * noise, 20 * noise + 40).clip(0, 255).astype(np.uint8)


def _slow_canny(levels: NDArray[np.uint8], low: float, high: float) -> NDArray[np.bool_]:
    h, w = levels.shape

    def at(y: int, x: int) -> float:
        return float(levels[min(max(y, 0), h - 1), min(max(x, 0), w - 1)])

    gradient = {}
    for y, x in np.ndindex(h, w):
        three = [(-1, 1), (0, 2), (1, 1)]
        right = sum(k * (at(y + i, x + 1) - at(y + i, x - 1)) for i, k in three)
        down = sum(k * (at(y + 1, x + i) - at(y - 1, x + i)) for i, k in three)
        gradient[y, x] = (right, down)
    length = {place: abs(right) + abs(down) for place, (right, down) in gradient.items()}
    thin = set()
    for (y, x), (right, down) in gradient.items():
        angle = math.degrees(math.atan2(abs(down), abs(right)))
        here = length[y, x]
        if angle < 22.5:
            first, second, tie = (y, x - 1), (y, x + 1), True
        elif angle > 67.5:
            first, second, tie = (y - 1, x), (y + 1, x), True
        else:
            side = -1 if right * down < 0 else 1
            first, second, tie = (y - 1, x - side), (y + 1, x + side), False
        before, after = length.get(first, 0), length.get(second, 0)
        if here > low and here > before and (here > after or (tie and here == after)):
            thin.add((y, x))
    found = np.zeros((h, w), bool)
    queue = [place for place in thin if length[place] > high]
    while queue:
        y, x = queue.pop()
        if (y, x) in thin and not found[y, x]:
            found[y, x] = True
            queue += [(y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return found


@pytest.mark.parametrize(("sigma", "share"), [(1.0, 0.5), (2.0, 0.3), (4.0, 0.8)])
def test_canny(sigma: float, share: float) -> None:
    for seed in range(3):
        levels = _drops(40, seed, sigma, share)
        for low, high in ((50, 150), (30, 400)):
            expected = _slow_canny(levels, low, high)
            assert 10 < expected.sum() < 1000
            np.testing.assert_array_equal(canny(levels, low, high), expected)
    assert not canny(np.full((8, 8), 200, np.uint8), 50, 150).any()


def _liquid(size: int, mean: float, std: float, sigma: float, threshold: float) -> list[Plane]:
    numbers = normal(KEYS, "spatter", size * size).numpy().reshape(-1, size, size)
    layers = [
        gaussian_filter(mean + std * each, sigma, mode="nearest", truncate=4) for each in numbers
    ]
    return [np.where(layer < threshold, 0, layer) for layer in layers]


def _each(plane: Plane, change: Callable[[Plane], float]) -> Plane:
    """A function of the 3 × 3 pixels around each one, mirrored at the borders."""
    wide, result = np.pad(plane, 1, mode="reflect"), np.empty(plane.shape)
    for y, x in np.ndindex(plane.shape):
        result[y, x] = change(wide[y : y + 3, x : x + 3])
    return result


def _slow_glints(layer: Plane) -> Plane:
    levels = np.floor(layer * 255)
    edges = np.argwhere(_slow_canny(levels.astype(np.uint8), 50, 150))
    far = np.full(layer.shape, 20.0)
    y, x = np.indices(layer.shape)
    for i, j in edges:
        far = np.minimum(far, np.sqrt((y - i) ** 2 + (x - j) ** 2))
    depth = _each(far, lambda pixels: math.floor(pixels.sum() / 9 + 1e-6))
    lowest = (depth == depth.min()).sum()
    even = depth
    if lowest < depth.size:
        rank = (depth.ravel() <= depth[..., None]).sum(2) - lowest
        even = np.round(255 * rank / (depth.size - lowest))
    kernel = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
    relief = _each(even, lambda pixels: min(max((pixels * kernel).sum(), 0), 255))
    light = levels * _each(relief, lambda pixels: round(pixels.sum() / 9))
    return light / max(light.max(), 1)


@pytest.mark.parametrize(("side", "severity"), [(32, 2), (32, 3), (224, 1), (224, 3)])
def test_water(side: int, severity: int) -> None:
    mean, std, sigma, threshold, strength, _ = SEVERITIES["spatter"][side][severity - 1]
    images = _images(3, 3, 28, 28)
    layers = _liquid(28, mean, std, sigma, threshold)
    colour = np.array([175, 238, 238]).reshape(3, 1, 1) / 255
    expected = [
        image + strength * _slow_glints(layer) * colour
        for image, layer in zip(images.numpy(), layers, strict=True)
    ]
    found = spatter(images, KEYS, mean, std, sigma, threshold, strength, 0)
    np.testing.assert_allclose(found.numpy(), np.array(expected), atol=ROUNDING)
    assert (found > images + 0.1).any()


@pytest.mark.parametrize(("side", "severity"), [(32, 4), (32, 5), (224, 4), (224, 5)])
def test_mud(side: int, severity: int) -> None:
    mean, std, sigma, threshold, strength, _ = SEVERITIES["spatter"][side][severity - 1]
    images, expected = _images(3, 3, 36, 36), []
    colour = np.array([63, 42, 20]).reshape(3, 1, 1) / 255
    for image, layer in zip(images.numpy(), _liquid(36, mean, std, sigma, threshold), strict=True):
        cover = gaussian_filter((layer > threshold).astype(float), strength, mode="nearest")
        cover[cover < 0.8] = 0
        expected.append(image * (1 - cover) + cover * colour)
    found = spatter(images, KEYS, mean, std, sigma, threshold, strength, 1)
    np.testing.assert_allclose(found.numpy(), np.array(expected), atol=ROUNDING)
    assert (found != images).any()


def test_an_image_without_drops_stays() -> None:
    images = _images(3, 3, 16, 16)
    for mud in (0, 1):
        assert torch.equal(spatter(images, KEYS, 0.3, 0.01, 1, 0.7, 0.6, mud), images)


def test_grey_images_get_grey_drops() -> None:
    images = torch.full((3, 3, 32, 32), 0.25, dtype=torch.float64)
    for constants in SEVERITIES["spatter"][32]:
        grey = spatter(images[:, :1], KEYS, *constants)
        torch.testing.assert_close(grey, spatter(images, KEYS, *constants).mean(1, keepdim=True))


@pytest.mark.parametrize("kind", ["elastic_transform", "spatter"])
@pytest.mark.parametrize("severity", [2, 3, 5])
def test_an_image_does_not_depend_on_its_batch(kind: str, severity: int) -> None:
    images = (_images(3, 3, 33, 33) * 255).round().byte()
    whole = corrupt(images, kind, severity, KEYS)
    order = torch.tensor([2, 0])
    assert torch.equal(corrupt(images[order], kind, severity, KEYS[order]), whole[order])
    assert torch.equal(corrupt(images[1:2], kind, severity, KEYS[1:2]), whole[1:2])
    assert not torch.equal(whole, images)
