"""Gaussian blur against torchvision's functional form."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.ndimage import convolve1d
from scipy.stats import kstest
from torchvision.transforms.v2 import functional as oracle

from lookalike.randomness import image_keys, uniform
from lookalike.views.filters import draw_sigma, gaussian_blur, taps
from lookalike.views.operations import Blur


@pytest.mark.parametrize(("size", "width"), [(32, 3), (33, 5), (96, 9), (57, 23), (7, 13), (2, 3)])
def test_parity(size: int, width: int) -> None:
    torch.manual_seed(0)
    images = torch.randint(0, 256, (24, 3, size, size), dtype=torch.uint8)
    sigma = 0.1 + 1.9 * torch.rand(24)
    sigma[:3] = torch.tensor([0.1, 2.0, 0.5])
    view = gaussian_blur(images / 255, sigma, width)
    for i, s in enumerate(sigma.tolist()):
        exact = oracle.gaussian_blur(images[i] / 255, [width, width], [s, s])
        assert (view[i] - exact).abs().max() < 1e-5
        coarse = oracle.gaussian_blur(images[i], [width, width], [s, s])
        assert ((view[i] * 255).round() - coarse.float()).abs().max() <= 1


def test_one_channel() -> None:
    images = torch.rand(2, 1, 16, 16)
    view = gaussian_blur(images, torch.tensor([1.0, 0.5]), 5)
    exact = oracle.gaussian_blur(images[:1], [5, 5], [1.0, 1.0])
    assert (view[:1] - exact).abs().max() < 1e-6


def test_taps_are_the_papers() -> None:
    """papers.md 1.6: 23 at 224 pixels, 3 at 32."""
    assert [taps(Blur(), size) for size in (224, 96, 32, 8)] == [23, 9, 3, 3]


@pytest.mark.parametrize("border", ["black", "grey"])
def test_other_borders_are_a_convolution(border: str) -> None:
    """TensorFlow's depthwise convolution with zeros outside, of values in [0, 1] or [-1, 1]."""
    torch.manual_seed(0)
    images, sigma = torch.rand(5, 3, 40, 40), torch.tensor([0.1, 0.4, 0.9, 1.5, 2.0])
    view = gaussian_blur(images, sigma, 7, border)
    outside = 0.0 if border == "black" else 0.5
    for i, s in enumerate(sigma.tolist()):
        weight = np.exp(-(np.arange(-3, 4) ** 2) / (2 * s * s))
        exact = images[i].double().numpy()
        for axis in (1, 2):
            exact = convolve1d(exact, weight / weight.sum(), axis, mode="constant", cval=outside)
        assert np.abs(view[i].numpy() - exact).max() < 1e-6


def test_an_image_does_not_depend_on_the_batch() -> None:
    torch.manual_seed(0)
    for size, width in ((224, 23), (96, 9), (32, 3)):
        images, sigma = torch.rand(7, 3, size, size), 0.1 + 1.9 * torch.rand(7)
        whole = gaussian_blur(images, sigma, width)
        for i in range(7):
            alone = gaussian_blur(images[i : i + 1], sigma[i : i + 1], width)
            assert torch.equal(alone[0], whole[i])
        assert torch.equal(gaussian_blur(images[2:5], sigma[2:5], width), whole[2:5])


def test_draw() -> None:
    uniforms = partial(uniform, image_keys(0, 0, torch.arange(10_000)), "test")
    sigma = draw_sigma(Blur(sigma=(0.1, 2.0)), uniforms, 32)
    assert kstest(sigma.numpy(), "uniform", (0.1, 1.9)).pvalue > 0.001
    shared = draw_sigma(Blur(sigma=(0.1, 2.0), shared=True), uniforms, 32)
    assert shared.tolist() == [sigma[0].item()] * 10_000
