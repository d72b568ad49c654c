"""Crop, resize, flip and affine maps against torchvision's functional forms."""

from functools import partial

import pytest
import torch
from scipy.stats import kstest
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as oracle

from lookalike.randomness import image_keys, uniform
from lookalike.views import spatial
from lookalike.views.operations import Affine
from lookalike.views.policy import Crop, Interpolation

Case = tuple[int, int, int]
CASES: list[Case] = [
    (32, 32, 32),
    (47, 61, 32),
    (61, 47, 33),
    (20, 25, 41),
    (96, 64, 15),
    (5, 3, 8),
]


def random_boxes(count: int, height: int, width: int) -> Tensor:
    high, wide = torch.randint(1, height + 1, (count,)), torch.randint(1, width + 1, (count,))
    top = (torch.rand(count) * (height - high + 1)).long()
    left = (torch.rand(count) * (width - wide + 1)).long()
    return torch.stack([top, left, high, wide], 1)


def resized(
    images: Tensor, box: Tensor, flip: Tensor, size: int, interpolation: Interpolation, smooth: bool
) -> Tensor:
    height, width = images.shape[2:]
    top, left, high, wide = box.unbind(1)
    how = {"size": size, "interpolation": interpolation, "antialias": smooth}
    vertical = spatial.resampling(top, high, torch.zeros_like(flip), source=height, **how)
    horizontal = spatial.resampling(left, wide, flip, source=width, **how)
    return spatial.products(images, vertical, horizontal)


def expected(
    images: Tensor, box: Tensor, flip: Tensor, size: int, interpolation: str, smooth: bool
) -> Tensor:
    def one(image: Tensor, where: list[int], mirrored: bool) -> Tensor:
        mode = InterpolationMode(interpolation)
        view = oracle.resized_crop(image, *where, [size, size], mode, antialias=smooth)
        return oracle.horizontal_flip(view) if mirrored else view

    rows = zip(images, box.tolist(), flip.tolist(), strict=True)
    return torch.stack([one(*row) for row in rows])


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("case", CASES)
def test_float_parity(case: Case, interpolation: Interpolation, antialias: bool) -> None:
    height, width, size = case
    torch.manual_seed(0)
    # Mid-range values, because torchvision does not clip the overshoot of float images.
    images, box = 0.3 + 0.4 * torch.rand(40, 3, height, width), random_boxes(40, height, width)
    flip = torch.rand(40) < 0.5
    ours = resized(images, box, flip, size, interpolation, antialias)
    theirs = expected(images, box, flip, size, interpolation, antialias)
    assert (ours - theirs).abs().max() < 1e-5


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("case", CASES)
def test_uint8_parity(case: Case, interpolation: Interpolation, antialias: bool) -> None:
    height, width, size = case
    torch.manual_seed(0)
    images = torch.randint(0, 256, (40, 3, height, width), dtype=torch.uint8)
    box, flip = random_boxes(40, height, width), torch.rand(40) < 0.5
    ours = resized(images / 255, box, flip, size, interpolation, antialias) * 255
    theirs = expected(images, box, flip, size, interpolation, antialias)
    assert (ours.round() - theirs.float()).abs().max() <= 1


def test_the_whole_at_its_own_size_is_the_image() -> None:
    images, box = torch.rand(4, 3, 32, 32), torch.tensor([[0, 0, 32, 32]]).expand(4, 4)
    for interpolation in ("bilinear", "bicubic"):
        for antialias in (True, False):
            ours = resized(images, box, torch.zeros(4).bool(), 32, interpolation, antialias)
            assert torch.equal(ours, images)


def test_pixels_outside_the_box_have_no_weight() -> None:
    images = torch.full((1, 1, 20, 20), 1e6)
    images[:, :, 4:9, 7:13] = 0.5
    box = torch.tensor([[4, 7, 5, 6]])
    for antialias in (True, False):
        view = resized(images, box, torch.zeros(1).bool(), 11, "bicubic", antialias)
        assert (view - 0.5).abs().max() < 1e-5


def test_warp_parity() -> None:
    torch.manual_seed(0)
    count = 60
    images = torch.rand(count, 3, 21, 21)
    angle, shear = (torch.rand(2, count).double() - 0.5) * 120
    shift, scale = (torch.rand(count, 2).double() - 0.5) * 0.6, 0.5 + torch.rand(count).double()
    ours = spatial.warp(images, spatial.maps(angle=angle, shift=shift, scale=scale, shear=shear))
    for i in range(count):
        theirs = oracle.affine(
            images[i],
            angle[i].item(),
            (shift[i] * 21).tolist(),
            scale[i].item(),
            [shear[i].item(), 0.0],
            InterpolationMode.BILINEAR,
        )
        assert (ours[i] - theirs).abs().max() < 2e-4


def test_drawn_maps_are_within_the_policy() -> None:
    uniforms = partial(uniform, image_keys(0, 0, torch.arange(4000)), "test")
    affine = Affine(degrees=0.0, shear=0.0, translate=0.1, scale=(0.8, 1.25))
    maps = spatial.draw_maps(affine, uniforms, 32)
    scale = 1 / maps[:, 0, 0]
    assert scale.min().item() == pytest.approx(0.8, abs=0.01)
    assert scale.max().item() == pytest.approx(1.25, abs=0.01)
    shift = -maps[:, :, 2] * scale[:, None] / 2
    assert shift.abs().max().item() == pytest.approx(0.1, abs=0.002)
    turned = spatial.draw_maps(Affine(degrees=15, shear=0, scale=(1, 1)), uniforms, 32)
    angle = torch.rad2deg(torch.atan2(-turned[:, 1, 0], turned[:, 1, 1]))
    assert kstest(angle.numpy(), "uniform", (-15, 30)).pvalue > 0.001


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_recrop_is_resized_crop(interpolation: Interpolation) -> None:
    torch.manual_seed(0)
    views = 0.3 + 0.4 * torch.rand(30, 3, 33, 33)  # mid-range: torchvision does not clip
    crop = Crop(interpolation=interpolation)
    uniforms = partial(uniform, image_keys(0, 0, torch.arange(30)), "test")
    box = spatial.draw_recrop(crop, uniforms, 33)
    exact = expected(views, box.long(), torch.zeros(30), 33, interpolation, True)
    assert (spatial.recrop(views, box, crop) - exact).abs().max() < 1e-5
    assert torch.equal(
        spatial.recrop(views[:1], box[:1], crop)[0], spatial.recrop(views, box, crop)[0]
    )
