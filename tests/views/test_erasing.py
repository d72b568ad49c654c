"""Noise against the normal distribution, boxes against timm and slow loops."""

import random

import pytest
import torch
from scipy import stats
from timm.data.random_erasing import RandomErasing
from torch import Tensor

from lookalike.randomness import image_keys, uniform
from lookalike.views import erasing
from lookalike.views.operations import Cutout, Erase, Noise


def uniforms(count: int) -> Tensor:
    return uniform(image_keys(0, 0, torch.arange(10_000)), "test", count)


def test_noise_is_normal_and_of_each_images_level() -> None:
    parameters = erasing.draw_noise(Noise(level=(0.01, 0.05)), uniforms, 32)[:40]
    view = erasing.noise(torch.full((40, 1, 51, 51), 0.5), parameters)
    numbers = ((view - 0.5) / parameters[:, 0, None, None, None]).flatten(1)
    assert stats.kstest(numbers.flatten(), "norm").pvalue > 0.01
    for row in numbers:
        assert stats.kstest(row, "norm").pvalue > 1e-4
    other = numbers - numbers.mean(1, keepdim=True)
    assert torch.corrcoef(other).fill_diagonal_(0).abs().max() < 0.1
    halves = numbers[:, :1300].flatten(), numbers[:, 1301:].flatten()
    assert abs(stats.spearmanr(*halves).statistic) < 0.02


def test_noise_is_clipped() -> None:
    parameters = torch.tensor([[0.5, 0.25, 0.75]])
    view = erasing.noise(torch.tensor([0.0, 1.0]).repeat(50).view(1, 4, 5, 5), parameters)
    assert view.min() == 0
    assert view.max() == 1


def test_every_bit_of_the_seed_counts() -> None:
    seeds = torch.zeros(49, 3)
    for bit in range(48):
        seeds[bit, 1 + bit // 24] = 2.0 ** (bit % 24 - 24)
    seeds[:, 0] = 0.1
    view = erasing.noise(torch.full((49, 1, 4, 4), 0.5), seeds)
    assert len(view.flatten(1).unique(dim=0)) == 49


def test_level_and_seed_are_drawn_independently() -> None:
    level, first, second = erasing.draw_noise(Noise(level=(0.02, 0.1)), uniforms, 32).T
    assert stats.kstest(level, "uniform", (0.02, 0.08)).pvalue > 0.01
    for seed in (first, second):
        assert stats.kstest(seed, "uniform").pvalue > 0.01
        assert ((seed * 2**24) % 1 == 0).all()
        assert abs(stats.spearmanr(level, seed).statistic) < 0.03


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_cutout(channels: int) -> None:
    images = torch.rand(200, channels, 13, 13)
    hole = erasing.draw_cutout(Cutout(side=(0.05, 1.0)), uniforms, 13)[:200]
    view = erasing.cutout(images, hole, 0.25)
    exact = images.clone()
    for image, (top, left, side) in zip(exact, hole.int().tolist(), strict=True):
        image[:, top : top + side, left : left + side] = 0.25
    assert torch.equal(view, exact)


def test_holes_are_whole_and_inside() -> None:
    for size in (7, 32, 224):
        top, left, side = erasing.draw_cutout(Cutout(side=(0.001, 1.0)), uniforms, size).T
        for numbers in (top, left, side):
            assert torch.equal(numbers, numbers.floor())
        assert (side.min(), side.max(), top.min(), left.min()) == (1, size, 0, 0)
        assert (top + side).max() == (left + side).max() == size


def test_holes_are_uniform() -> None:
    top, left, side = erasing.draw_cutout(Cutout(side=(0.1, 0.5)), uniforms, 1000).T
    assert stats.kstest(side, "uniform", (100, 400)).pvalue > 0.01
    places = top / (1001 - side), left / (1001 - side)
    for place in places:
        assert stats.kstest(place, "uniform").pvalue > 0.01
        assert abs(stats.spearmanr(place, side).statistic) < 0.03
    assert abs(stats.spearmanr(*places).statistic) < 0.03


@pytest.mark.parametrize("fill", ["noise", "zero"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_erase(fill: str, channels: int) -> None:
    torch.manual_seed(0)
    images = 5 * torch.randn(300, channels, 17, 17)
    box = erasing.draw_erase(Erase(), uniforms, 17)[:300]
    before = images.clone()
    view = erasing.erase(images, box, fill)
    assert torch.equal(images, before)
    filled = []
    for i, (top, left, height, width) in enumerate(box[:, :4].int().tolist()):
        where = (i, slice(None), slice(top, top + height), slice(left, left + width))
        filled.append(view[where].flatten())
        before[where] = view[where]
    assert torch.equal(view, before)
    numbers = torch.cat(filled)
    if fill == "noise":
        assert stats.kstest(numbers, "norm").pvalue > 0.01
        assert numbers.abs().max() > 3
        assert len(numbers.unique()) > 0.99 * len(numbers)
    else:
        assert (numbers == 0).all()


@pytest.mark.parametrize("area", [(0.02, 1 / 3), (0.5, 1.5)])
def test_boxes_are_timms(area: tuple[float, float]) -> None:
    """Places and extents, and how often none fits, as timm draws them."""
    random.seed(0)
    size, count = 32, 4000
    operation = RandomErasing(1.0, *area, min_aspect=0.3, mode="const", device="cpu")
    theirs = torch.stack(
        [bounds(operation(torch.ones(1, size, size))[0] == 0) for _ in range(count)]
    )
    ours = erasing.draw_erase(Erase(area=area, aspect=(0.3, 1 / 0.3)), uniforms, size)[:count, :4]
    some = [boxes[boxes[:, 2] > 0] for boxes in (ours, theirs)]
    assert len(some[0]) == pytest.approx(len(some[1]), abs=3 * count**0.5 / 2)
    for column in range(4):
        assert stats.ks_2samp(*(boxes[:, column] for boxes in some)).pvalue > 0.01
    for boxes in some:
        assert (boxes[:, :2] + boxes[:, 2:]).max() == size
        assert boxes[:, 2:].max() < size


def bounds(erased: Tensor) -> Tensor:
    rows, columns = erased.any(1).nonzero(), erased.any(0).nonzero()
    if len(rows) == 0:
        return torch.zeros(4)
    return torch.tensor([rows[0, 0], columns[0, 0], len(rows), len(columns)]).float()


def test_nothing_fits() -> None:
    box = erasing.draw_erase(Erase(area=(2.0, 3.0), aspect=(1.0, 1.0)), uniforms, 8)[:20]
    assert (box[:, 2:4] == 0).all()
    images = torch.rand(20, 3, 8, 8)
    assert torch.equal(erasing.erase(images, box, "noise"), images)


@pytest.mark.parametrize("channels", [1, 3])
def test_images_do_not_depend_on_the_batch(channels: int) -> None:
    torch.manual_seed(0)
    images, noise = torch.rand(11, channels, 23, 23), erasing.draw_noise(Noise(), uniforms, 23)[:11]
    box = erasing.draw_erase(Erase(area=(0.3, 0.6)), uniforms, 23)[:11]
    for rows in ([0], [3, 7], [10, 9, 8, 4, 0]):
        noisy = erasing.noise(images, noise)
        assert torch.equal(noisy[rows], erasing.noise(images[rows], noise[rows]))
        erased = erasing.erase(images, box, "noise")
        assert torch.equal(erased[rows], erasing.erase(images[rows], box[rows], "noise"))


def test_normal() -> None:
    """Box and Muller's formula on the ends of the range stays finite."""
    ends = torch.tensor([[0.0, 1 - 2.0**-24, 0.0, 0.5]])
    numbers = erasing.normal(ends)
    assert numbers.isfinite().all()
    assert numbers[0, 1].item() == pytest.approx(-((48 * torch.log(torch.tensor(2.0))) ** 0.5))
    assert stats.kstest(erasing.normal(uniforms(6)).flatten(), "norm").pvalue > 0.01
    assert torch.corrcoef(erasing.normal(uniforms(6)).T).fill_diagonal_(0).abs().max() < 0.03
