"""Blurs against slow loops over pixels, written from the definitions."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage, stats

from lookalike.evaluation.corruptions import blur
from lookalike.evaluation.corruptions.glass import glass_blur
from lookalike.randomness import image_keys, uniform

Array = NDArray[np.float64]
GENERATOR = np.random.default_rng(0)
IMAGES = torch.from_numpy(GENERATOR.integers(0, 256, (3, 2, 22, 25)) / 255)
KEY = image_keys(5, 0, torch.arange(3))


def _mirrored(place: int, size: int) -> int:
    """…2 1 0 1 2…"""
    place %= 2 * size - 2
    return min(place, 2 * size - 2 - place)


def _repeated(place: int, size: int) -> int:
    return min(max(place, 0), size - 1)


def _bell(reach: int, deviation: float) -> list[float]:
    weights = [math.exp(-(i**2) / (2 * deviation**2)) for i in range(-reach, reach + 1)]
    return [weight / sum(weights) for weight in weights]


def _filtered(image: Array, kernel: Array, border: object) -> Array:
    """The sum over a window, pixel by pixel."""
    (h, w), (half_y, half_x) = image.shape, (side // 2 for side in kernel.shape)
    assert callable(border)
    out = np.zeros((h, w))
    for y in range(h):
        rows = [border(y + i, h) for i in range(-half_y, half_y + 1)]
        for x in range(w):
            columns = [border(x + i, w) for i in range(-half_x, half_x + 1)]
            out[y, x] = (image[np.ix_(rows, columns)] * kernel).sum()
    return out


def _each(images: torch.Tensor, change: object) -> torch.Tensor:
    assert callable(change)
    planes = [change(plane) for plane in images.flatten(0, 1).numpy()]
    return torch.from_numpy(np.stack(planes)).view(images.shape)


@pytest.mark.parametrize("deviation", [0.05, 0.4, 1, 2])
def test_gaussian_blur(deviation: float) -> None:
    weights = np.array(_bell(int(4 * deviation + 0.5), deviation))
    kernel = np.outer(weights, weights)
    expected = _each(IMAGES, lambda plane: _filtered(plane, kernel, _repeated))
    torch.testing.assert_close(blur.gaussian_blur(IMAGES, KEY, deviation), expected)


@pytest.mark.parametrize(
    ("radius", "edge"), [(0.5, 0.6), (1.5, 0.1), (6, 0.5), (8, 0.5), (10, 0.5)]
)
def test_defocus_blur(radius: float, edge: float) -> None:
    half, reach = (8, 1) if radius <= 8 else (10, 2)
    places = range(-half, half + 1)
    disk = np.array([[float(x * x + y * y <= radius * radius) for x in places] for y in places])
    bell = np.array(_bell(reach, edge))
    kernel = _filtered(disk / disk.sum(), np.outer(bell, bell), _mirrored)
    expected = _each(IMAGES, lambda plane: _filtered(plane, kernel, _mirrored))
    torch.testing.assert_close(blur.defocus_blur(IMAGES, KEY, radius, edge), expected)


@pytest.mark.parametrize(("radius", "deviation"), [(6, 1), (10, 4)])
def test_a_streak_is_a_one_sided_bell_of_whole_pixel_shifts(radius: int, deviation: float) -> None:
    angles = torch.tensor([-45.0, 20.0, -110.0])
    found = blur.streaked(IMAGES, angles, radius, deviation)
    weights = _bell(2 * radius, deviation)[2 * radius :]
    h, w = IMAGES.shape[2:]
    for row, angle in enumerate(angles.tolist()):
        expected = np.zeros((2, h, w))
        for i, weight in enumerate(weights):
            down = math.ceil(i * math.sin(math.radians(angle)) - 0.5)
            right = math.ceil(i * math.cos(math.radians(angle)) - 0.5)
            ys = [_repeated(y + down, h) for y in range(h)]
            xs = [_repeated(x + right, w) for x in range(w)]
            expected += weight / sum(weights) * IMAGES[row].numpy()[:, ys][:, :, xs]
        np.testing.assert_allclose(found[row], expected, atol=1e-12)


def test_motion_goes_any_way_within_45_degrees_of_the_horizontal() -> None:
    """A white dot's trail ends where the angle says."""
    key = image_keys(0, 0, torch.arange(400))
    dot = torch.zeros(400, 1, 41, 41, dtype=torch.float64)
    dot[:, :, 20, 40] = 1
    trail = blur.motion_blur(dot, key, 10, 1000)  # all weights alike
    ends = [plane.nonzero()[plane.nonzero()[:, 1].argmin()] for plane in trail[:, 0]]
    angles = [math.degrees(math.atan2(20 - y, 40 - x)) for y, x in (end.tolist() for end in ends)]
    assert stats.kstest(angles, "uniform", (-45, 90)).pvalue > 0.01


@pytest.mark.parametrize("factor", [1, 1.01, 1.13, 1.24, 3])
def test_a_zoom_is_scipys(factor: float) -> None:
    images = IMAGES[:, :, :, :22]
    part = math.ceil(22 / factor)
    top = (22 - part) // 2

    def expected(plane: Array) -> Array:
        wide = ndimage.zoom(plane[top : top + part, top : top + part], factor, order=1)
        trim = (len(wide) - 22) // 2
        return np.asarray(wide[trim : trim + 22, trim : trim + 22])

    torch.testing.assert_close(blur.zoomed(images, factor), _each(images, expected))


def test_zoom_blur_counts_the_image_twice() -> None:
    found = blur.zoom_blur(IMAGES, KEY, 1, 1.1)
    expected = (2 * IMAGES + blur.zoomed(IMAGES, 1.1)) / 3
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(("deviation", "farthest", "rounds"), [(0.4, 1, 2), (0.7, 2, 1), (1, 4, 2)])
def test_glass_copies_pixel_after_pixel_from_the_bottom_right(
    deviation: float, farthest: int, rounds: int
) -> None:
    found = glass_blur(IMAGES, KEY, deviation, farthest, rounds)
    h, w = IMAGES.shape[2:]
    ys, xs = range(farthest + 1, h - farthest + 1), range(farthest + 1, w - farthest + 1)
    for row, image in enumerate(IMAGES):
        smooth = ndimage.gaussian_filter(image.numpy(), (0, deviation, deviation), mode="nearest")
        pixels = (smooth * 255).astype(np.uint8)
        for turn in range(rounds):
            numbers = uniform(KEY[row : row + 1], f"glass_blur {turn}", 2 * len(ys) * len(xs))
            shift = np.floor(2 * farthest * numbers.numpy()).astype(int) - farthest
            down, right = shift.reshape(2, len(ys), len(xs))
            for y in reversed(ys):
                for x in reversed(xs):
                    place = y - ys.start, x - xs.start
                    pixels[:, y, x] = pixels[:, y + down[place], x + right[place]]
        expected = ndimage.gaussian_filter(pixels / 255, (0, deviation, deviation), mode="nearest")
        np.testing.assert_allclose(found[row], expected, atol=1e-12)


def test_glass_partners_are_drawn_evenly() -> None:
    """The value of a ramp tells where it came from; the first pixel visited copies an old value."""
    images = (torch.arange(225) / 255).double().view(1, 1, 15, 15).expand(2000, 1, 15, 15)
    key = image_keys(1, 0, torch.arange(2000))
    first = (glass_blur(images, key, 0.01, 1, 1)[:, 0, 14, 14] * 255).round().long()
    places, counts = first.unique(return_counts=True)
    assert places.tolist() == [13 * 15 + 13, 13 * 15 + 14, 14 * 15 + 13, 14 * 15 + 14]
    assert stats.chisquare(counts.numpy()).pvalue > 0.01
