"""Whole views: the sum of torchvision's operations, a function of the image and its key alone."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_images
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as oracle

from lookalike.errors import UsageError
from lookalike.randomness import image_keys
from lookalike.views import render as views
from lookalike.views.filters import taps
from lookalike.views.policy import Affine, Blur, Crop, Fit, Normalize, Policy
from lookalike.views.presets import POLICIES, plain, strength

BUSY = Policy(
    size=24,
    affine=Affine(probability=0.5),
    jitter=strength(1.0),
    drop=0.2,
    blur=Blur(),
    normalize=Normalize(),
)
ADJUST = (
    oracle.adjust_brightness,
    oracle.adjust_contrast,
    oracle.adjust_saturation,
    oracle.adjust_hue,
)


def noise(*shape: int) -> Tensor:
    torch.manual_seed(0)
    return torch.randint(0, 256, shape, dtype=torch.uint8)


def keys(count: int) -> Tensor:
    return image_keys(7, 3, torch.arange(count))


def photos() -> list[Tensor]:
    return [
        torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1)))
        for x in load_sample_images().images
    ]


def drawn_for(policy: Policy, key: Tensor, photo: Tensor) -> views.Drawn:
    return views.draw(policy, key, 0, torch.tensor([photo.shape[1:]]).expand(len(key), 2))


def composed(image: Tensor, policy: Policy, drawn: views.Drawn) -> Tensor:
    """One view from torchvision's functional forms, with the numbers drawn."""
    size, mode = policy.size, InterpolationMode(policy.crop.interpolation)
    view = oracle.crop(image / 255, *drawn.box[0].tolist())
    for shape in ([view.shape[1], size], [size, size]):  # clipped after each axis, as uint8 images
        view = oracle.resize(view, shape, mode).clamp(0, 1)
    view = oracle.horizontal_flip(view) if drawn.flip else view
    for step in [*permutations(range(4))][int(drawn.order)]:
        view = ADJUST[step](view, drawn.factors[0, step].item())
    view = oracle.rgb_to_grayscale(view, 3) if drawn.drop else view
    sigma = drawn.sigma.item()
    if sigma > 0:
        assert policy.blur is not None
        view = oracle.gaussian_blur(view, [taps(policy.blur, policy.size)] * 2, [sigma] * 2)
    return view


@pytest.mark.parametrize(
    ("policy", "shape"),
    [
        (POLICIES["simclr-cifar"][0], (32, 32)),
        (replace(POLICIES["simclr"][0], size=48), (70, 53)),
        (replace(POLICIES["simclr"][0], size=33), (29, 40)),
    ],
)
def test_a_view_is_the_sum_of_torchvisions_operations(
    policy: Policy, shape: tuple[int, int]
) -> None:
    images, key = noise(60, 3, *shape), keys(60)
    view = views.render(images, policy, key, 1)
    drawn = views.draw(policy, key, 1, torch.tensor(shape).expand(60, 2))
    for i in range(60):
        exact = composed(images[i], policy, drawn.rows(slice(i, i + 1)))
        assert (view[i] - exact).abs().max() < 2e-4


@pytest.mark.parametrize("shape", [(24, 24), (31, 45)])
@pytest.mark.parametrize("draw", ["torchvision", "tensorflow"])
def test_a_view_does_not_depend_on_the_batch(
    shape: tuple[int, int], draw: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, key = noise(37, 3, *shape), keys(37)
    policy = replace(BUSY, crop=Crop(draw=draw))
    whole = views.render(images, policy, key, 0)
    for size in (1, 2, 5, 36):
        parts = [
            views.render(images[i : i + size], policy, key[i : i + size], 0)
            for i in range(0, 37, size)
        ]
        assert torch.equal(torch.cat(parts), whole)
    monkeypatch.setattr(views, "_CACHE", 10 * 4 * 3 * 24 * 24)
    assert torch.equal(views.render(images, policy, key, 0), whole)


def test_a_large_view_does_not_depend_on_the_batch() -> None:
    images, key = noise(9, 3, 224, 224), keys(9)
    whole = views.render(images, POLICIES["simclr"][0], key, 0)
    for i in range(9):
        alone = views.render(images[i : i + 1], POLICIES["simclr"][0], key[i : i + 1], 0)
        assert torch.equal(alone[0], whole[i])


def test_same_key_same_view_and_views_differ() -> None:
    images, key = noise(4, 3, 24, 24), keys(4)
    first = views.render(images, BUSY, key, 0)
    assert torch.equal(first, views.render(images, BUSY, key, 0))
    assert not torch.equal(first, views.render(images, BUSY, key, 1))
    assert not torch.equal(first, views.render(images, BUSY, image_keys(7, 4, torch.arange(4)), 0))


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"crop": Crop(area=(0.5, 1.0))}, {"box"}),
        ({"crop": Fit()}, {"box"}),
        ({"flip": 0.1}, {"flip"}),
        ({"affine": None}, {"maps"}),
        ({"jitter": None}, {"factors"}),
        ({"drop": 0.9}, {"drop"}),
        ({"blur": None}, {"sigma"}),
    ],
)
def test_one_operation_does_not_change_anothers_draws(
    change: dict[str, object], fields: set[str]
) -> None:
    sizes = torch.tensor([[40, 50]]).expand(200, 2)
    before = views.draw(BUSY, keys(200), 0, sizes)._asdict()
    after = views.draw(replace(BUSY, **change), keys(200), 0, sizes)._asdict()
    assert {name for name in before if not torch.equal(before[name], after[name])} == fields


def test_only_boxes_depend_on_the_size() -> None:
    small, large = (views.draw(BUSY, keys(50), 0, torch.full((50, 2), n)) for n in (30, 300))
    assert torch.equal(small.box, large.box) is False
    for one, other in zip(small[1:], large[1:], strict=True):
        assert torch.equal(one, other)


def test_shares() -> None:
    drawn = views.draw(POLICIES["simclr"][0], keys(10_000), 0, torch.full((10_000, 2), 50))
    assert drawn.flip.double().mean().item() == pytest.approx(0.5, abs=0.02)
    assert drawn.drop.double().mean().item() == pytest.approx(0.2, abs=0.015)


def test_operations_are_independent() -> None:
    """No number of one operation goes with one of another, in one view or two (s.e. 0.01)."""
    numbers = []
    for view in (0, 1):
        drawn = views.draw(BUSY, keys(10_000), view, torch.full((10_000, 2), 500))
        numbers += [("crop", view, x) for x in drawn.box.T]
        numbers += [("affine", view, x) for x in drawn.maps.flatten(1).T]
        numbers += [("jitter", view, x) for x in (*drawn.factors.T, drawn.order)]
        numbers += [("flip", view, drawn.flip), ("drop", view, drawn.drop)]
        numbers += [("blur", view, drawn.sigma)]
    correlation = torch.corrcoef(torch.stack([x.double() for *_, x in numbers]))
    for i, first in enumerate(numbers):
        for j, second in enumerate(numbers):
            if first[:2] != second[:2]:
                assert abs(correlation[i, j].item()) < 0.05


def test_values_stay_in_range() -> None:
    images = noise(64, 3, 40, 40) // 128 * 255
    for name in ("simclr", "simclr-cifar"):
        view = views.render(images, replace(POLICIES[name][0], size=40), keys(64), 0)
        assert view.min() >= 0
        assert view.max() <= 1
        assert view.dtype == torch.float32


def test_plain_views_are_resize_and_centre_crop() -> None:
    images = noise(3, 3, 64, 64)
    policy = plain(Policy(size=32))
    exact = oracle.resize(images, [32, 32], InterpolationMode.BICUBIC)
    view = (views.render(images, policy, keys(3), 0) * 255).round()
    assert (view - exact.float()).abs().max() <= 1
    same = plain(Policy(size=64))
    assert torch.equal(views.render(images, same, keys(3), 0), images / 255)
    large = plain(Policy(size=112))
    middle = oracle.center_crop(noise(2, 3, 150, 128), [112, 112])
    view = views.render(noise(2, 3, 150, 128), large, keys(2), 0)
    assert torch.equal(view, middle / 255)


def test_normalisation_is_last() -> None:
    images, key = noise(10, 3, 30, 30), keys(10)
    raw = views.render(images, replace(BUSY, normalize=None), key, 0)
    exact = oracle.normalize(raw, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    assert (views.render(images, BUSY, key, 0) - exact).abs().max() < 1e-6


def test_finish_leaves_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    images, key = noise(10, 3, 30, 30), keys(10)
    whole = views.render(images, BUSY, key, 0)
    monkeypatch.setattr(views, "_CACHE", 4 * 4 * 3 * 24 * 24)
    drawn = views.draw(BUSY, key, 0, torch.full((10, 2), 30))
    cropped = views.crop(images, BUSY, drawn)
    before = cropped.clone()
    view = views.finish(cropped, BUSY, drawn)
    assert torch.equal(cropped, before)
    assert torch.equal(view, whole)


def test_grey_images() -> None:
    images = noise(12, 1, 8, 8)
    view = views.render(images, POLICIES["simclr-digits"][0], keys(12), 0)
    assert view.shape == (12, 1, 8, 8)
    light = replace(strength(1.0), saturation=0.0, hue=0.0)
    assert views.render(images, Policy(size=8, jitter=light), keys(12), 0).shape == view.shape
    with pytest.raises(UsageError, match="3 channels"):
        views.render(images, Policy(size=8, drop=0.5), keys(12), 0)
    with pytest.raises(UsageError, match="normalised by 3 channels"):
        views.render(images, Policy(size=8, normalize=Normalize()), keys(12), 0)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [True, False])
def test_photos_agree_with_small_images(interpolation: str, antialias: bool) -> None:
    policy = Policy(size=160, crop=Crop(interpolation=interpolation, antialias=antialias))
    for photo in photos():
        drawn = drawn_for(policy, keys(12), photo)
        batch = views.crop(photo.expand(12, -1, -1, -1), policy, drawn)
        for i in range(12):
            view = views.crop_photo(photo, policy, drawn.rows(slice(i, i + 1)))
            assert view.dtype == torch.uint8
            assert view.is_contiguous()
            assert (batch[i] * 255 - view.float()).abs().max() <= 2


def test_photos_are_torchvisions() -> None:
    policy = POLICIES["simclr"][0]
    for photo in photos():
        drawn = drawn_for(policy, keys(10), photo)
        for i in range(10):
            row = drawn.rows(slice(i, i + 1))
            view = views.crop_photo(photo, policy, row)
            exact = oracle.resized_crop(
                photo, *row.box[0].tolist(), [224, 224], InterpolationMode.BICUBIC
            )
            exact = oracle.horizontal_flip(exact) if row.flip else exact
            assert (view.int() - exact.int()).abs().max() <= 1


def test_plain_photo() -> None:
    photo = photos()[0]
    policy = plain(POLICIES["simclr"][0])
    view = views.crop_photo(photo, policy, drawn_for(policy, keys(1), photo))
    side = round(224 / 256 * 427)
    middle = oracle.center_crop(photo, [side, side])
    exact = oracle.resize(middle, [224, 224], InterpolationMode.BICUBIC)
    assert (view.int() - exact.int()).abs().max() <= 1
