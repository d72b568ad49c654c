"""Colour operations against torchvision's functional forms, on float and on uint8 images."""

from collections.abc import Callable
from itertools import permutations

import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as oracle

from lookalike.errors import UsageError
from lookalike.randomness import image_keys
from lookalike.views import colour
from lookalike.views.policy import Jitter

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
    count = 600
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


def test_one_channel_has_no_colour() -> None:
    images, factor = torch.rand(2, 1, 8, 8), torch.tensor([0.5, 0.4])
    for op in (colour.saturation, colour.hue):
        with pytest.raises(UsageError, match="need 3 channels"):
            op(images, factor)
    with pytest.raises(UsageError, match="need 3 channels"):
        colour.drop(images)


def test_jitter_applies_each_images_order() -> None:
    torch.manual_seed(0)
    images, order = torch.rand(48, 3, 12, 12), torch.arange(48) % 24
    factors = torch.rand(48, 4) * torch.tensor([1.6, 1.6, 1.6, 1.0])
    factors[:, 3] -= 0.5
    view = images.clone()
    colour.jitter(view, factors, order)
    for i, steps in enumerate([*permutations(range(4))] * 2):
        exact = images[i]
        for step in steps:
            exact = ADJUST[step](exact, factors[i, step].item())
        assert (view[i] - exact).abs().max() < 1e-4
    assert len({view[i].sum().item() for i in range(24)}) == 24


def test_neutral_rows_are_untouched() -> None:
    images = torch.rand(6, 3, 8, 8)
    factors = torch.tensor([1.0, 1.0, 1.0, 0.0]).repeat(6, 1)
    factors[2:4] = torch.tensor([0.7, 1.2, 0.5, 0.1])
    view = images.clone()
    colour.jitter(view, factors, torch.arange(6))
    assert torch.equal(view[[0, 1, 4, 5]], images[[0, 1, 4, 5]])
    assert (view[2:4] != images[2:4]).flatten(1).any(1).all()


def test_draw_covers_the_policys_ranges() -> None:
    key = image_keys(0, 0, torch.arange(24_000))
    jitter = Jitter(probability=0.8, brightness=0.4, contrast=1.5, saturation=0.8, hue=0.2)
    factors, order = colour.draw_jitter(key, "test", jitter)
    neutral = torch.tensor([1.0, 1.0, 1.0, 0.0])
    happens = (factors != neutral).any(1)
    assert happens.double().mean().item() == pytest.approx(0.8, abs=0.01)
    for values, low, high in zip(
        factors[happens].T, (0.6, 0.0, 0.2, -0.2), (1.4, 2.5, 1.8, 0.2), strict=True
    ):
        assert values.min().item() == pytest.approx(low, abs=0.002)
        assert values.max().item() == pytest.approx(high, abs=0.002)
        assert values.mean().item() == pytest.approx((low + high) / 2, abs=0.02)
    counts = torch.bincount(order[happens])
    assert len(counts) == 24
    assert counts.min() > 680
    assert counts.max() < 920


def test_fixed_order_is_the_first() -> None:
    key = image_keys(0, 0, torch.arange(100))
    _, order = colour.draw_jitter(key, "test", Jitter(order="fixed"))
    assert order.unique().tolist() == [0]
