"""Colour operations against torchvision's functional forms, on float and on uint8 images."""

import colorsys
from collections.abc import Callable
from functools import partial
from itertools import permutations
from typing import Literal

import numpy as np
import pytest
import torch
from scipy.stats import chisquare, kstest
from torch import Tensor
from torchvision.transforms.v2 import functional as oracle

from lookalike.errors import UsageError
from lookalike.randomness import image_keys, uniform
from lookalike.views import colour
from lookalike.views.operations import Jitter

Op = Callable[[Tensor, Tensor], Tensor]
Oracle = Callable[[Tensor, float], Tensor]
CASES = [
    (colour.brightness, oracle.adjust_brightness, (0.0, 2.0), 1),
    (colour.contrast, oracle.adjust_contrast, (0.0, 2.0), 1),
    (colour.saturation, oracle.adjust_saturation, (0.0, 2.0), 1),
    (colour.hue, oracle.adjust_hue, (-0.5, 0.5), 2),
]
ADJUST = [case[1] for case in CASES]


def pictures(count: int) -> Tensor:
    """uint8 noise, with grey, dark, saturated and flat images among it."""
    images = torch.randint(0, 256, (count, 3, 9, 11), dtype=torch.uint8)
    images[::7] = images[::7, :1]
    images[1::7] //= 40
    images[2::7] = images[2::7] // 128 * 255
    images[3::7] = images[3::7, :, :1, :1]
    return images


@pytest.mark.parametrize(("ours", "theirs", "span", "levels"), CASES)
def test_parity(ours: Op, theirs: Oracle, span: tuple[float, float], levels: int) -> None:
    torch.manual_seed(0)
    count = 2000
    images = pictures(count)
    factor = span[0] + torch.rand(count) * (span[1] - span[0])
    factor[:3] = torch.tensor([span[0], span[1], 0.0])
    view = ours(images / 255, factor)
    exact = torch.stack([theirs(x / 255, f) for x, f in zip(images, factor.tolist(), strict=True)])
    assert (view - exact).abs().max() < 1e-5
    coarse = torch.stack([theirs(x, f) for x, f in zip(images, factor.tolist(), strict=True)])
    cut = (view * 255 + 1e-3).to(torch.uint8)  # torchvision cuts off rather than rounds
    assert (cut.int() - coarse.int()).abs().max() <= levels
    assert view.min() >= 0
    assert view.max() <= 1


def test_contrast_does_not_depend_on_batch_or_threads() -> None:
    torch.manual_seed(0)
    images, factor = torch.rand(12, 3, 224, 224), torch.rand(12) * 2
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        whole = colour.contrast(images, factor)
        parts = [colour.contrast(images[i : i + 1], factor[i : i + 1]) for i in range(12)]
        torch.set_num_threads(1)
        assert torch.equal(whole, torch.cat(parts))
        assert torch.equal(whole, colour.contrast(images, factor))
    finally:
        torch.set_num_threads(threads)


def test_grey_parity() -> None:
    torch.manual_seed(0)
    images = pictures(50)
    view = colour.drop(images / 255)
    assert (view - oracle.rgb_to_grayscale(images / 255, 3)).abs().max() < 1e-6
    coarse = oracle.rgb_to_grayscale(images, 3).float()
    assert ((view * 255).round() - coarse).abs().max() <= 1


@pytest.mark.parametrize(
    ("op", "theirs"), [(colour.brightness, ADJUST[0]), (colour.contrast, ADJUST[1])]
)
def test_one_channel_parity(op: Op, theirs: Oracle) -> None:
    images, factor = torch.rand(20, 1, 8, 8), torch.rand(20) * 2
    exact = torch.stack([theirs(x, f) for x, f in zip(images, factor.tolist(), strict=True)])
    assert (op(images, factor) - exact).abs().max() < 1e-5


def test_many_channels_have_contrast() -> None:
    images, factor = torch.rand(20, 5, 8, 8), torch.rand(20) * 2
    pivot = images.double().mean((1, 2, 3), keepdim=True)
    exact = (pivot + factor[:, None, None, None] * (images - pivot)).clamp(0, 1)
    assert (colour.contrast(images, factor) - exact).abs().max() < 1e-6


def test_one_channel_has_no_colour() -> None:
    images, factor = torch.rand(2, 1, 8, 8), torch.tensor([0.5, 0.4])
    for op in (colour.saturation, colour.hue):
        with pytest.raises(UsageError, match="need 3 channels"):
            op(images, factor)
    with pytest.raises(UsageError, match="need 3 channels"):
        colour.drop(images)


def neutral(count: int) -> Tensor:
    return torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0]).repeat(count, 1)


def test_jitter_applies_each_images_order() -> None:
    torch.manual_seed(0)
    images, numbers = torch.rand(48, 3, 12, 12), torch.rand(48, 5)
    numbers[:, :3] *= 1.6
    numbers[:, 3] -= 0.5
    numbers[:, 4] = torch.arange(48) % 24
    view = colour.jitter(images.clone(), numbers, Jitter())
    for i, steps in enumerate([*permutations(range(4))] * 2):
        exact = images[i]
        for step in steps:
            exact = ADJUST[step](exact, numbers[i, step].item())
        assert (view[i] - exact).abs().max() < 1e-4
    assert len({view[i].sum().item() for i in range(24)}) == 24


def test_neutral_rows_are_untouched() -> None:
    images, numbers = torch.rand(6, 3, 8, 8), neutral(6)
    numbers[:, 4] = torch.arange(6)
    numbers[2:4, :4] = torch.tensor([0.7, 1.2, 0.5, 0.1])
    view = colour.jitter(images.clone(), numbers, Jitter())
    assert torch.equal(view[[0, 1, 4, 5]], images[[0, 1, 4, 5]])
    assert (view[2:4] != images[2:4]).flatten(1).any(1).all()


def tensorflows(image: np.ndarray, numbers: list[float], additive: bool) -> np.ndarray:
    """SimCLR's official colour distortion of one [h, w, 3] image in float64, in the fixed order."""
    bright, contrast, saturation, shift = numbers
    image = np.clip(image + bright if additive else image * bright, 0, 1)
    mean = image.mean((0, 1), keepdims=True)
    image = np.clip((image - mean) * contrast + mean, 0, 1)
    view = np.empty_like(image)
    for place in np.ndindex(image.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*image[place])
        view[place] = colorsys.hsv_to_rgb((h + shift) % 1, min(s * saturation, 1), v)
    return view


@pytest.mark.parametrize("form", ["tensorflow", "tensorflow-v2"])
def test_tensorflow_forms(form: Literal["tensorflow", "tensorflow-v2"]) -> None:
    torch.manual_seed(0)
    jitter = Jitter(order="fixed", form=form)
    images = pictures(120) / 255
    uniforms = partial(uniform, image_keys(0, 0, torch.arange(120)), "test")
    numbers = colour.draw_jitter(jitter, uniforms, 32)
    view = colour.jitter(images.clone(), numbers, jitter).permute(0, 2, 3, 1)
    for i, row in enumerate(numbers[:, :4].tolist()):
        exact = tensorflows(images[i].permute(1, 2, 0).double().numpy(), row, form == "tensorflow")
        assert np.abs(view[i].numpy() - exact).max() < 1 / 255
    span = (-0.8, 1.6) if form == "tensorflow" else (0.2, 1.6)
    assert kstest(numbers[:, 0].numpy(), "uniform", span).pvalue > 0.001


def test_draw_covers_the_policys_ranges() -> None:
    uniforms = partial(uniform, image_keys(0, 0, torch.arange(24_000)), "test")
    jitter = Jitter(brightness=0.4, contrast=1.5, saturation=0.8, hue=0.2)
    numbers = colour.draw_jitter(jitter, uniforms, 32)
    for values, low, high in zip(
        numbers[:, :4].T, (0.6, 0.0, 0.2, -0.2), (1.4, 2.5, 1.8, 0.2), strict=True
    ):
        assert kstest(values.numpy(), "uniform", (low, high - low)).pvalue > 0.001
    counts = torch.bincount(numbers[:, 4].long())
    assert chisquare(counts.numpy()).pvalue > 0.001
    assert len(counts) == 24


def test_fixed_order_is_the_first() -> None:
    uniforms = partial(uniform, image_keys(0, 0, torch.arange(100)), "test")
    assert colour.draw_jitter(Jitter(order="fixed"), uniforms, 32)[:, 4].unique().tolist() == [0]
