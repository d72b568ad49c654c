"""Digital corruptions against the standard library, Pillow and slow loops."""

import colorsys
import io
import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from lookalike.evaluation.corruptions import digital
from lookalike.randomness import image_keys

KEY = image_keys(5, 0, torch.arange(2))
PIXELS = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 20, 24), dtype=np.uint8))
PIXELS[:, :, 0, 0] = 0
PIXELS[:, :, 0, 1] = 90  # black and grey, which have no hue
IMAGES = PIXELS.double() / 255


def test_contrast_shrinks_towards_the_mean_of_each_channel() -> None:
    found = digital.contrast(IMAGES, KEY, 0.3)
    for image, changed in zip(IMAGES.flatten(0, 1), found.flatten(0, 1), strict=True):
        mean = math.fsum(image.flatten().tolist()) / 480
        np.testing.assert_allclose(changed, [[(x - mean) * 0.3 + mean for x in y] for y in image])


@pytest.mark.parametrize(("factor", "summand"), [(0.3, 0), (2, 0), (20, 0.2)])
def test_saturate_is_that_of_hsv(factor: float, summand: float) -> None:
    found = digital.saturate(IMAGES, KEY, factor, summand)
    for place in np.ndindex(2, 20, 24):
        image, y, x = place
        hue, saturation, value = colorsys.rgb_to_hsv(*IMAGES[image, :, y, x].tolist())
        saturation = min(max(saturation * factor + summand, 0), 1)
        expected = colorsys.hsv_to_rgb(hue, saturation, value)
        np.testing.assert_allclose(found[image, :, y, x], expected, atol=1e-12)


def test_grey_images_saturate_as_colour_would() -> None:
    grey = IMAGES[:, :1]
    found = digital.saturate(grey, KEY, 20, 0.2)
    torch.testing.assert_close(found, grey * (1 - 0.2 * 2 / 3))


def _box(line: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Means of the pixels whose centres fall below each new pixel, at least one."""
    scale = len(line) / size
    reach = max(scale, 1) / 2
    out = np.zeros((size, *line.shape[1:]))
    for i in range(size):
        middle = (i + 0.5) * scale
        inside = [x for x in range(len(line)) if -reach < x + 0.5 - middle <= reach]
        out[i] = line[inside].mean(axis=0)
    return np.floor(out + 0.5)


@pytest.mark.parametrize("share", [0.95, 0.6, 0.25])
def test_pixelate_is_a_box_filter_down_and_up(share: float) -> None:
    found = digital.pixelate(IMAGES, KEY, share) * 255
    torch.testing.assert_close(found, found.round())
    for image, changed in zip(PIXELS.flatten(0, 1), found.flatten(0, 1), strict=True):
        across = _box(image.double().numpy().T, int(24 * share)).T
        small = _box(across, int(20 * share))
        expected = _box(_box(small.T, 24).T, 20)
        np.testing.assert_allclose(changed, expected, atol=1)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_pillows(channels: int) -> None:
    found = digital.jpeg_compression(IMAGES[:, :channels], KEY, 25) * 255
    for pixels, changed in zip(PIXELS[:, :channels], found, strict=True):
        file = io.BytesIO()
        array = pixels.permute(1, 2, 0).numpy()
        Image.fromarray(array if channels == 3 else array[..., 0]).save(file, "jpeg", quality=25)
        expected = np.asarray(Image.open(file)).reshape(20, 24, channels).transpose(2, 0, 1)
        assert np.array_equal(changed.round().numpy(), expected)


def test_a_pixelated_image_keeps_at_least_one_pixel() -> None:
    tiny = IMAGES[:, :, :2, :2]
    found = digital.pixelate(tiny, KEY, 0.25)
    assert (found == found[:, :, :1, :1]).all()
