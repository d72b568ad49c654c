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
from lookalike.views.operations import Affine, Blur, Normalize, Solarize
from lookalike.views.policy import Crop, Fit, Policy
from lookalike.views.presets import POLICIES, SINGLE, only, plain, strength

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
    happening = {name: one.numbers[0] for name, one in drawn.operations.items() if one.happens}
    if (jitter := happening.get("jitter")) is not None:
        for step in [*permutations(range(4))][int(jitter[4])]:
            view = ADJUST[step](view, jitter[step].item())
    view = oracle.rgb_to_grayscale(view, 3) if "drop" in happening else view
    if (sigma := happening.get("blur")) is not None:
        assert policy.blur is not None
        view = oracle.gaussian_blur(view, [taps(policy.blur, policy.size)] * 2, [sigma.item()] * 2)
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
    ("change", "changed"),
    [
        ({"crop": Crop(area=(0.5, 1.0))}, {"box"}),
        ({"crop": Fit()}, {"box"}),
        ({"flip": 0.1}, {"flip"}),
        ({"affine": None}, {"affine"}),
        ({"jitter": None}, {"jitter"}),
        ({"drop": 0.9}, {"drop"}),
        ({"blur": None, "first": ("drop",)}, {"blur"}),
    ],
)
def test_one_operation_does_not_change_anothers_draws(
    change: dict[str, object], changed: set[str]
) -> None:
    def flat(policy: Policy) -> dict[str, list[object]]:
        drawn = views.draw(policy, keys(200), 0, torch.tensor([[40, 50]]).expand(200, 2))
        operations = {name: [x.tolist() for x in one] for name, one in drawn.operations.items()}
        return {"box": drawn.box.tolist(), "flip": drawn.flip.tolist()} | operations

    before, after = flat(BUSY), flat(replace(BUSY, **change))
    assert {name for name in before if before[name] != after.get(name)} == changed


def test_only_boxes_depend_on_the_size() -> None:
    small, large = (views.draw(BUSY, keys(50), 0, torch.full((50, 2), n)) for n in (30, 300))
    assert not torch.equal(small.box, large.box)
    assert torch.equal(small.flip, large.flip)
    for name, one in small.operations.items():
        assert torch.equal(one.happens, large.operations[name].happens)
        assert torch.equal(one.numbers, large.operations[name].numbers)


def test_shares() -> None:
    drawn = views.draw(POLICIES["simclr"][0], keys(10_000), 0, torch.full((10_000, 2), 50))
    assert drawn.flip.double().mean().item() == pytest.approx(0.5, abs=0.02)
    for name, share in (("jitter", 0.8), ("drop", 0.2), ("blur", 0.5)):
        happens = drawn.operations[name].happens.double().mean().item()
        assert happens == pytest.approx(share, abs=0.02)


def test_operations_are_independent() -> None:
    """No number of one operation goes with one of another, in one view or two (s.e. 0.01)."""
    numbers = []
    for view in (0, 1):
        drawn = views.draw(BUSY, keys(10_000), view, torch.full((10_000, 2), 500))
        numbers += [("crop", view, x) for x in drawn.box.T]
        numbers += [("flip", view, drawn.flip)]
        for name, one in drawn.operations.items():
            numbers += [(name, view, x) for x in one.numbers.reshape(10_000, -1).T if x.std() > 0]
            numbers += [(name, view, one.happens)] if name != "normalize" else []
    correlation = torch.corrcoef(torch.stack([x.double() for *_, x in numbers]))
    for i, first in enumerate(numbers):
        for j, second in enumerate(numbers):
            if first[:2] != second[:2]:
                assert abs(correlation[i, j].item()) < 0.05


def test_a_shared_crop_is_the_same_for_all_views() -> None:
    policy, sizes = Policy(crop=Crop(shared=True)), torch.full((100, 2), 90)
    first, second = (views.draw(policy, keys(100), view, sizes) for view in (0, 1))
    assert torch.equal(first.box, second.box)
    assert not torch.equal(first.flip, second.flip)


def test_the_order_of_operations() -> None:
    images, key = noise(6, 3, 24, 24), keys(6)
    base = Policy(size=24, crop=Fit(), flip=0.0, solarize=Solarize(probability=1.0), drop=1.0)
    grey_first = oracle.solarize(oracle.rgb_to_grayscale(images / 255, 3), 0.5)
    assert (views.render(images, base, key, 0) - grey_first).abs().max() < 1e-5
    other = replace(base, first=("solarize",))
    light_first = oracle.rgb_to_grayscale(oracle.solarize(images / 255, 0.5), 3)
    assert (views.render(images, other, key, 0) - light_first).abs().max() < 1e-5


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


@pytest.mark.parametrize("name", [*POLICIES, *SINGLE])
def test_every_operation_is_a_function_of_image_and_key(name: str) -> None:
    """Whatever the batch, the number of views a tile has, and the order of the images."""
    policies = [replace(policy, size=40) for policy in POLICIES.get(name, ())] or [only(name, 40)]
    images, key = noise(24, 3, 48, 44), keys(24)
    for view, policy in enumerate(policies):
        if policy.blur and policy.blur.shared:
            continue  # says of itself that it depends on the batch
        whole = views.render(images, policy, key, view)
        assert whole.isfinite().all()
        other = torch.randperm(24, generator=torch.Generator().manual_seed(1))[:17]
        assert torch.equal(views.render(images[other], policy, key[other], view), whole[other])
        assert torch.equal(views.render(images[:1], policy, key[:1], view), whole[:1])
        untouched = views.render(images, Policy(size=40, crop=Fit(), flip=0.0), key, view)
        assert not torch.equal(whole, untouched)


def test_finish_leaves_its_input() -> None:
    crops, key = noise(10, 3, 24, 24), keys(10)
    before = crops.clone()
    views.finish(crops, BUSY, views.draw(BUSY, key, 0, torch.full((10, 2), 30)))
    assert torch.equal(crops, before)


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
