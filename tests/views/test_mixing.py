"""Mixup and CutMix against timm and slow loops."""

from unittest.mock import patch

import numpy as np
import pytest
import torch
from scipy import stats
from timm.data import mixup as timm
from torch import Tensor

from lookalike.errors import UsageError
from lookalike.randomness import image_keys
from lookalike.views.mixing import cut_box, mixed, pasted, soft_targets

KEYS = image_keys(0, 0, torch.arange(500))


def batch(count: int, classes: int, channels: int = 3) -> tuple[Tensor, Tensor]:
    return torch.rand(count, channels, 9, 12), torch.randint(classes, (count,))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_soft_targets_are_timms(smoothing: float) -> None:
    label = torch.randint(7, (50,))
    exact = timm.mixup_target(label, 7, smoothing=smoothing)
    assert (soft_targets(label, 7, smoothing) - exact).abs().max() < 1e-7


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_mixup(channels: int) -> None:
    for start in range(0, 400, 8):
        views, label = batch(8, 6, channels)
        view, targets = mixed(views, label, KEYS[start : start + 8], classes=6, cutmix=0)
        share = proportion(KEYS[start], cutmix=0)
        for i in range(8):
            exact = share * views[i].double() + (1 - share) * views[7 - i].double()
            assert (view[i] - exact).abs().max() < 1e-6
        assert (targets - timm.mixup_target(label, 6, share, 0.1)).abs().max() < 1e-6
        with patch.object(timm.Mixup, "_params_per_batch", lambda _, lam=share: (lam, False)):
            theirs = timm.Mixup(num_classes=6)(views.clone(), label)
        assert (view - theirs[0]).abs().max() < 1e-6
        assert (targets - theirs[1]).abs().max() < 1e-6


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_cutmix(channels: int) -> None:
    for start in range(0, 400, 8):
        views, label = batch(8, 6, channels)
        view, targets = mixed(views, label, KEYS[start : start + 8], classes=6, mixup=0)
        own = view == views
        assert torch.equal(view, torch.where(own, views, views.flip(0)))
        assert torch.equal(own, own[:1, :1].expand_as(own))
        rows, columns = (~own[0, 0]).nonzero().unbind(1)
        if len(rows):
            assert len(rows) == (rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1)
        share = 1 - len(rows) / (9 * 12)
        assert (targets - timm.mixup_target(label, 6, share, 0.1)).abs().max() < 1e-6


def test_boxes_are_timms() -> None:
    rng = np.random.default_rng(0)
    for _ in range(1000):
        height, width = rng.integers(1, 40, 2).tolist()
        share, row, column = rng.random(3).tolist()
        centre = [int(row * height), int(column * width)]
        with patch("numpy.random.randint", side_effect=centre):
            box, area = timm.cutmix_bbox_and_lam((height, width), share)
        rows, columns = cut_box(1 - share, (row, column), (height, width))
        assert (rows.start, rows.stop, columns.start, columns.stop) == box
        _, own = pasted(torch.rand(2, 1, height, width), (rows, columns))
        assert own == pytest.approx(area)


@pytest.mark.parametrize("a", [0.8, 1.0, 0.2])
def test_the_proportion_of_mixup_is_beta(a: float) -> None:
    shares = [proportion(key, mixup=a, cutmix=0) for key in KEYS]
    assert stats.kstest(shares, "beta", (a, a)).pvalue > 0.01


def test_the_proportion_of_cutmix_is_timms() -> None:
    ours = [proportion(key, mixup=0) for key in KEYS]
    np.random.seed(0)  # timm draws from the global state
    theirs = [timm.cutmix_bbox_and_lam((32, 32), np.random.beta(1, 1))[1] for _ in KEYS]
    assert stats.ks_2samp(ours, theirs).pvalue > 0.01


def proportion(key: Tensor, **settings: float) -> float:
    """How much of an image is still its own: the mean of a white one whose partner is black."""
    views = torch.tensor([1.0, 0.0])[:, None, None, None].expand(2, 1, 32, 32)
    keys = torch.stack([key, key])
    view, targets = mixed(views, torch.tensor([1, 0]), keys, classes=2, smoothing=0, **settings)
    share = view[0].double().mean().item()
    assert targets[0, 1].item() == pytest.approx(share, abs=1e-6)
    return share


@pytest.mark.parametrize("switch", [0.0, 0.25, 1.0])
def test_switch(switch: float) -> None:
    views = torch.tensor([1.0, 0.0])[:, None, None, None].expand(2, 1, 8, 8)
    label, cut = torch.tensor([0, 1]), 0
    for key in KEYS:
        view, _ = mixed(views, label, key.expand(2), classes=2, switch=switch)
        cut += int(((view == 0) | (view == 1)).all())
    assert cut / len(KEYS) == pytest.approx(switch, abs=0.03)


def test_targets_sum_to_one_and_inputs_stay() -> None:
    for settings in ({}, {"mixup": 0.0}, {"cutmix": 0.0}, {"mixup": 0.0, "cutmix": 0.0}):
        views, label = batch(10, 4)
        before = views.clone(), label.clone()
        _, targets = mixed(views, label, KEYS[:10], classes=4, **settings)
        assert (targets.sum(1) - 1).abs().max() < 1e-6
        assert torch.equal(views, before[0])
        assert torch.equal(label, before[1])


def test_without_mixing_only_targets_change() -> None:
    views, label = batch(5, 4)
    view, targets = mixed(views, label, KEYS[:5], classes=4, mixup=0, cutmix=0)
    assert torch.equal(view, views)
    assert torch.equal(targets, soft_targets(label, 4, 0.1))


def test_the_first_key_decides() -> None:
    views, label = batch(6, 4)
    first = mixed(views, label, KEYS[:6], classes=4)
    same = mixed(views, label, KEYS[[0, 9, 8, 7, 6, 5]], classes=4)
    other = mixed(views, label, KEYS[1:7], classes=4)
    assert torch.equal(first[0], same[0])
    assert torch.equal(first[1], same[1])
    assert not torch.equal(first[1], other[1])


def test_an_odd_batch_has_no_partners() -> None:
    views, label = batch(7, 4)
    with pytest.raises(UsageError, match="even"):
        mixed(views, label, KEYS[:7], classes=4)


@pytest.mark.parametrize("wrong", [-1, 4])
def test_every_image_needs_a_label(wrong: int) -> None:
    views, label = batch(6, 4)
    label[2] = wrong
    with pytest.raises(UsageError, match=f"{wrong}"):
        mixed(views, label, KEYS[:6], classes=4, mixup=0, cutmix=0)
