"""Sharpness against torchvision, edges and motion blur against scipy."""

import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from torch import Tensor
from torchvision.transforms.v2 import functional as oracle

from lookalike.errors import UsageError
from lookalike.randomness import image_keys, uniform
from lookalike.views import kernels
from lookalike.views.operations import MotionBlur, Sharpness


def pictures(count: int, channels: int, size: int) -> Tensor:
    """Noise, with dark, black-and-white and flat images among it."""
    images = torch.rand(count, channels, size, size)
    images[::7] /= 40
    images[1::7] = images[1::7].round()
    images[2::7] = images[2::7, :, :1, :1]
    return images


@pytest.mark.parametrize(("channels", "size"), [(3, 9), (1, 12), (3, 3), (3, 2), (1, 1)])
def test_sharpness_parity(channels: int, size: int) -> None:
    torch.manual_seed(0)
    images, factor = pictures(600, channels, size), torch.rand(600) * 3
    factor[:3] = torch.tensor([0.0, 1.0, 2.0])
    before = images.clone()
    view = kernels.sharpness(images, factor)
    rows = zip(images, factor.tolist(), strict=True)
    exact = torch.stack([oracle.adjust_sharpness(x, f) for x, f in rows])
    assert (view - exact).abs().max() < 1e-6
    assert torch.equal(images, before)
    assert torch.equal(view[1], images[1])


def test_sobel_parity() -> None:
    torch.manual_seed(0)
    images = pictures(400, 3, 8)
    view = kernels.sobel(images)
    weights = torch.tensor([0.2989, 0.587, 0.114], dtype=torch.float64)
    for image, edges in zip(images, view, strict=True):
        light = torch.einsum("chw,c->hw", image.double(), weights).numpy()
        across, down = (ndimage.sobel(light, axis, mode="mirror") for axis in (1, 0))
        exact = torch.from_numpy(np.hypot(across, down) / 20**0.5)
        assert (edges - exact).abs().max() < 1e-6


def test_sobel_of_one_channel_fills_the_range() -> None:
    """All black-and-white images of 3 x 3 pixels: the strongest edge is exactly 1."""
    bits = torch.arange(512)[:, None] >> torch.arange(9) & 1
    edges = kernels.sobel(bits.float().view(512, 1, 3, 3))
    assert edges.amax(dim=(1, 2, 3)).max() == 1
    assert edges[[0, 511]].abs().max() == 0


def test_sobel_needs_colour_or_grey() -> None:
    with pytest.raises(UsageError, match="5"):
        kernels.sobel(torch.rand(2, 5, 8, 8))


@pytest.mark.parametrize(
    ("channels", "size", "taps"), [(3, 12, 7), (1, 5, 9), (5, 9, 5), (2, 2, 3)]
)
def test_motion_blur_parity(channels: int, size: int, taps: int) -> None:
    torch.manual_seed(0)
    count = 300
    images = pictures(count, channels, size)
    line = torch.rand(count, 2) * torch.tensor([taps - 1, 180])
    line[:4] = torch.tensor([[taps - 1, 0], [taps - 1, 90], [taps - 1, 45], [taps - 1, 135]])
    view = kernels.motion_blur(images, line, taps)
    for image, blurred, (length, angle) in zip(images, view, line.tolist(), strict=True):
        exact = along_line(image, length, angle, taps) if length > 1 else image
        assert (blurred - exact).abs().max() < 1e-5
    short = line[:, 0] <= 1
    assert torch.equal(view[short], images[short])


def along_line(image: Tensor, length: float, angle: float, taps: int) -> Tensor:
    turn, grid = np.deg2rad(angle), np.indices(image.shape[1:])
    steps = np.linspace(-length / 2, length / 2, taps)
    points = [grid + np.reshape([-np.sin(turn) * s, np.cos(turn) * s], (2, 1, 1)) for s in steps]
    channels = image.double().numpy()
    read = [
        [ndimage.map_coordinates(c, p, order=1, mode="mirror") for c in channels] for p in points
    ]
    return torch.from_numpy(np.mean(read, 0))


def test_motion_blur_of_a_point_is_a_line() -> None:
    image = torch.zeros(1, 1, 9, 9)
    image[..., 4, 4] = 1
    rising = kernels.motion_blur(image, torch.tensor([[4 * 2**0.5, 45.0]]), 7)[0, 0]
    assert rising[2, 6] > 0.1  # up and to the right
    assert rising[2, 2] == 0
    assert rising.sum().item() == pytest.approx(1)


def test_taps() -> None:
    """Points at most a pixel apart, whatever is drawn."""
    assert [kernels.taps(MotionBlur(), size) for size in (224, 96, 32, 8)] == [25, 11, 5, 3]


@pytest.mark.parametrize("channels", [1, 3])
def test_images_do_not_depend_on_the_batch(channels: int) -> None:
    torch.manual_seed(0)
    images, factor = torch.rand(11, channels, 23, 23), torch.rand(11) * 2
    line = torch.rand(11, 2) * torch.tensor([6, 180])
    whole = every(images, factor, line)
    parts = [every(images[i : i + 1], factor[i : i + 1], line[i : i + 1]) for i in range(11)]
    assert torch.equal(whole, torch.cat(parts, 1))


def every(images: Tensor, factor: Tensor, line: Tensor) -> Tensor:
    views = kernels.sharpness(images, factor), kernels.sobel(images)
    return torch.stack([*views, kernels.motion_blur(images, line, 7)])


def test_draws_are_uniform() -> None:
    factor = kernels.draw_sharpness(Sharpness(factor=(0.5, 1.5)), uniforms, 32)
    assert stats.kstest(factor, "uniform", (0.5, 1)).pvalue > 0.01
    length, angle = kernels.draw_motion_blur(MotionBlur(length=(0.1, 0.3)), uniforms, 50).T
    assert stats.kstest(length, "uniform", (5, 10)).pvalue > 0.01
    assert stats.kstest(angle, "uniform", (0, 180)).pvalue > 0.01
    assert abs(stats.spearmanr(length, angle).statistic) < 0.03


def uniforms(count: int) -> Tensor:
    return uniform(image_keys(0, 0, torch.arange(10_000)), "test", count)
