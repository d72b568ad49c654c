"""Gaussian blur against torchvision's functional form."""

import pytest
import torch
from torchvision.transforms.v2 import functional as oracle

from lookalike.randomness import image_keys
from lookalike.views.filters import draw_sigma, gaussian_blur, taps
from lookalike.views.policy import Blur


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


def test_draw() -> None:
    key = image_keys(0, 0, torch.arange(10_000))
    sigma = draw_sigma(key, "test", Blur(probability=0.3, sigma=(0.1, 2.0)))
    blurred = sigma[sigma > 0]
    assert len(blurred) / 10_000 == pytest.approx(0.3, abs=0.015)
    assert blurred.min().item() == pytest.approx(0.1, abs=0.01)
    assert blurred.max().item() == pytest.approx(2.0, abs=0.01)
    assert blurred.mean().item() == pytest.approx(1.05, abs=0.03)
