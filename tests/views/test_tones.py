"""Operations on values against torchvision's uint8 forms, Pillow's, and slow loops."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from scipy import stats
from torch import Tensor
from torchvision.transforms.v2 import functional as oracle

from lookalike.randomness import image_keys, uniform
from lookalike.views import tones
from lookalike.views.operations import Posterize, SolarizeAdd


def pictures(count: int, channels: int = 3, side: int = 9) -> Tensor:
    """uint8 noise, with dark, light, black-and-white and flat images among it."""
    images = torch.randint(0, 256, (count, channels, side, side), dtype=torch.uint8)
    images[1::7] //= 40
    images[2::7] = images[2::7] // 128 * 255
    images[3::7] = images[3::7, :, :1, :1]
    images[4::7] = 255 - images[4::7] // 9
    return images


def levels(view: Tensor) -> Tensor:
    """Results on whole levels: cut, as uint8 arithmetic does."""
    assert view.dtype == torch.float32
    assert 0 <= view.min() <= view.max() <= 1
    return (view * 255 + 1e-3).to(torch.uint8)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_solarize_parity(channels: int) -> None:
    torch.manual_seed(0)
    images = pictures(2000, channels)
    threshold = torch.randint(0, 256, (2000,))
    threshold[:2] = torch.tensor([0, 255])
    view = levels(tones.solarize(images / 255, threshold / 255))
    rows = zip(images, threshold.tolist(), strict=True)
    assert torch.equal(view, torch.stack([oracle.solarize(x, t) for x, t in rows]))


def test_solarize_float_parity() -> None:
    torch.manual_seed(0)
    images, threshold = torch.rand(2000, 3, 6, 6), torch.rand(2000)
    rows = zip(images, threshold.tolist(), strict=True)
    exact = torch.stack([oracle.solarize(x, t) for x, t in rows])
    assert torch.equal(tones.solarize(images, threshold), exact)
    assert torch.equal(tones.solarize(images, threshold + 1), images)


def test_solarize_add_is_the_loop() -> None:
    torch.manual_seed(0)
    every = torch.arange(256, dtype=torch.uint8).expand(111, 2, 256).reshape(111, 2, 16, 16)
    view = levels(tones.solarize_add(every / 255, torch.arange(111) / 255)).flatten(1)
    for amount, row in enumerate(view.tolist()):
        exact = [min(255, level + amount) if level < 128 else level for level in range(256)]
        assert row == exact * 2


def test_posterize_parity() -> None:
    torch.manual_seed(0)
    images, bits = pictures(2000), torch.arange(2000) % 9
    view = levels(tones.posterize(images / 255, bits.float()))
    rows = zip(images, bits.tolist(), strict=True)
    assert torch.equal(view, torch.stack([oracle.posterize(x, b) for x, b in rows]))
    assert not view[::9].any()
    assert torch.equal(view[8::9], images[8::9])


def test_posterize_rounds_to_levels() -> None:
    """15.6 of 255 is level 16, whose highest four bits are 16; 15.4 is level 15."""
    images = torch.tensor([15.4, 15.6]).view(2, 1, 1, 1) / 255
    view = tones.posterize(images, torch.tensor([4.0, 4.0]))
    assert (view.flatten() * 255).tolist() == pytest.approx([0, 16])


@pytest.mark.parametrize(("side", "channels"), [(40, 3), (23, 1), (17, 2), (15, 3)])
def test_equalize_parity(side: int, channels: int) -> None:
    """The steps of 40, 23, 17 and 15 pixels are 6, 2, 1 and 0: all cases of the algorithm."""
    torch.manual_seed(0)
    images = pictures(500, channels, side)
    images[5::7] = images[5::7] // 60 * 60
    images[6::7] = (images[6::7].float() ** 2 / 255).to(torch.uint8)
    view = levels(tones.equalize(images / 255))
    assert torch.equal(view, oracle.equalize(images))
    for image, one in zip(images[:50], view, strict=False):
        for channel, ours in zip(image, one, strict=True):
            exact = np.asarray(ImageOps.equalize(Image.fromarray(channel.numpy())))
            assert np.array_equal(ours.numpy(), exact)


@pytest.mark.parametrize("channels", [1, 3])
def test_autocontrast_parity(channels: int) -> None:
    torch.manual_seed(0)
    images = pictures(2000, channels)
    view = tones.autocontrast(images / 255)
    exact = torch.stack([oracle.autocontrast(x / 255) for x in images])
    assert (view - exact).abs().max() < 1e-6
    coarse = torch.stack([oracle.autocontrast(x) for x in images])
    assert (levels(view).int() - coarse.int()).abs().max() <= 1
    assert torch.equal(levels(view[3::7]), images[3::7])


def test_invert_parity() -> None:
    torch.manual_seed(0)
    images = pictures(2000)
    assert torch.equal(levels(tones.invert(images / 255)), oracle.invert(images))


OPS: list[tuple[Callable[..., Tensor], tuple[float, ...]]] = [
    (tones.solarize, (0.2, 0.8)),
    (tones.solarize_add, (0.0, 0.43)),
    (tones.posterize, (2.0, 7.0)),
    (tones.equalize, ()),
    (tones.invert, ()),
    (tones.autocontrast, ()),
]


@pytest.mark.parametrize(("op", "span"), OPS)
def test_images_do_not_know_each_other(op: Callable[..., Tensor], span: tuple[float, ...]) -> None:
    torch.manual_seed(0)
    images = pictures(9, side=20) / 255
    before = images.clone()
    numbers = [torch.linspace(*span, 9).round(decimals=1)] if span else []
    numbers = [n.floor() for n in numbers] if op is tones.posterize else numbers
    view = op(images, *numbers)
    assert torch.equal(images, before)
    for i in range(9):
        assert torch.equal(op(images[i : i + 1], *(n[i : i + 1] for n in numbers)), view[i : i + 1])


def test_draws() -> None:
    uniforms = partial(uniform, image_keys(0, 0, torch.arange(9000)), "test")
    bits = tones.draw_posterize(Posterize(bits=(2, 7)), uniforms, 32)
    values, counts = bits.unique(return_counts=True)
    assert values.tolist() == [2, 3, 4, 5, 6, 7]
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3
    same = tones.draw_posterize(Posterize(bits=(5, 5)), uniforms, 32)
    assert same.unique().tolist() == [5]
    amount = tones.draw_solarize_add(SolarizeAdd(amount=0.3), uniforms, 32)
    assert stats.kstest(amount.numpy(), stats.uniform(0, 0.3).cdf).pvalue > 1e-3


def test_draws_stay_inside_for_extreme_numbers() -> None:
    def uniforms(count: int) -> Tensor:
        return torch.tensor([[0.0], [1 - 2.0**-24]]).expand(2, count)

    for high in range(9):
        bits = tones.draw_posterize(Posterize(bits=(0, high)), uniforms, 32)
        assert bits.tolist() == [0, high]
