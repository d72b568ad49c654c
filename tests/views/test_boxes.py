"""Boxes follow torchvision's and TensorFlow's distributions and stay inside the image."""

import math
import random
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from torch import Tensor
from torchvision.transforms import RandomResizedCrop

from lookalike.randomness import image_keys, uniform
from lookalike.views.boxes import draw_boxes
from lookalike.views.policy import Crop, Fit


def boxes(crop: Crop | Fit, height: int, width: int, count: int) -> Tensor:
    key = image_keys(0, 0, torch.arange(count))
    sizes = torch.tensor([height, width]).expand(count, 2)
    return draw_boxes(partial(uniform, key, "test"), crop, sizes)


def same_distribution(ours: Tensor, theirs: Tensor) -> None:
    """Kolmogorov-Smirnov on area, aspect, and place in the room there is."""

    def numbers(box: Tensor, height: int, width: int) -> list[Tensor]:
        top, left, high, wide = box.double().unbind(1)
        down, right = top / (height - high).clamp(min=1), left / (width - wide).clamp(min=1)
        return [high * wide, wide / high, down, right]

    height, width = 1 + int(ours[:, 2].max()), 1 + int(ours[:, 3].max())
    for mine, other in zip(
        numbers(ours, height, width), numbers(theirs, height, width), strict=True
    ):
        assert ks_2samp(mine.numpy(), other.numpy()).pvalue > 1e-3


@pytest.mark.parametrize(
    ("height", "width", "area"),
    [(32, 32, (0.08, 1.0)), (200, 300, (0.2, 1.0)), (400, 120, (0.08, 1.0)), (9, 9, (0.05, 0.5))],
)
def test_torchvision_draw(height: int, width: int, area: tuple[float, float]) -> None:
    torch.manual_seed(1)
    image, aspect = torch.empty(1, height, width), [3 / 4, 4 / 3]
    oracle = [RandomResizedCrop.get_params(image, list(area), aspect) for _ in range(3000)]
    ours = boxes(Crop(area=area), height, width, 3000)
    same_distribution(ours, torch.tensor(oracle))


@pytest.mark.parametrize(("height", "width"), [(1000, 10), (10, 1000), (999, 14)])
def test_torchvision_fallback(height: int, width: int) -> None:
    """No attempt can fit, so the box is not random at all."""
    image = torch.empty(1, height, width)
    oracle = RandomResizedCrop.get_params(image, [0.9, 1.0], [3 / 4, 4 / 3])
    ours = boxes(Crop(area=(0.9, 1.0)), height, width, 50)
    assert ours.unique(dim=0).tolist() == [list(oracle)]


def tensorflow_box(height: int, width: int, source: random.Random) -> tuple[int, int, int, int]:
    """sample_distorted_bounding_box for one image, as its documentation and fact sheet say."""
    area = height * width
    for _ in range(100):
        aspect = source.uniform(3 / 4, 4 / 3)
        heights = range(round(math.sqrt(0.08 * area / aspect)), height + 1)
        fitting = [high for high in heights if round(high * aspect) <= width]
        high = source.choice(fitting or [max(h for h in range(height) if h * aspect < width)])
        wide = round(high * aspect)
        if 0.1 * area <= high * wide:
            top, left = (source.randrange(max(1, n)) for n in (height - high, width - wide))
            return top, left, high, wide
    return 0, 0, height, width


@pytest.mark.parametrize(("height", "width"), [(64, 64), (200, 300), (300, 200)])
def test_tensorflow_draw(height: int, width: int) -> None:
    source = random.Random(2)  # noqa: S311
    oracle = [tensorflow_box(height, width, source) for _ in range(3000)]
    ours = boxes(Crop(draw="tensorflow"), height, width, 3000)
    same_distribution(ours, torch.tensor(oracle))


def test_shares_of_small_crops_are_the_fact_sheets() -> None:
    """papers.md 1.6: mean area 0.42 and P(area < 1/4) = 0.30, against 0.48 and 0.22."""
    for draw, mean, small in (("tensorflow", 0.42, 0.30), ("torchvision", 0.48, 0.22)):
        area = boxes(Crop(draw=draw), 224, 224, 20_000)[:, 2:].prod(1) / 224**2
        assert area.mean().item() == pytest.approx(mean, abs=0.01)
        assert (area < 0.25).double().mean().item() == pytest.approx(small, abs=0.012)
        assert area.min().item() > (0.0999 if draw == "tensorflow" else 0.078)


@given(
    height=st.integers(1, 700),
    width=st.integers(1, 700),
    draw=st.sampled_from(["torchvision", "tensorflow"]),
    share=st.floats(0.01, 1.0),
)
def test_boxes_are_inside(height: int, width: int, draw: str, share: float) -> None:
    for crop in (Crop(draw=draw), Crop(area=(0.01, 0.02), draw=draw), Fit(share=share)):
        top, left, high, wide = boxes(crop, height, width, 20).unbind(1)
        assert top.min() >= 0
        assert left.min() >= 0
        assert high.min() >= 1
        assert wide.min() >= 1
        assert (top + high).max() <= height
        assert (left + wide).max() <= width


def test_tensorflow_heights_are_uniform() -> None:
    """Squares of 7 to 20 pixels: 6 x 6 is less than a tenth of 20 x 20."""
    height = boxes(Crop(aspect=(1.0, 1.0), draw="tensorflow"), 20, 20, 14_000)[:, 2]
    counts = np.bincount(height.numpy(), minlength=21)
    assert not counts[:7].any()
    assert counts[7:].min() > 850
    assert counts[7:].max() < 1150


def test_each_image_has_its_own_size() -> None:
    sizes = torch.tensor([[30, 40], [500, 333], [8, 8]])
    key = image_keys(3, 1, torch.tensor([5, 6, 7]))
    together = draw_boxes(partial(uniform, key, "test"), Crop(), sizes)
    alone = [
        draw_boxes(partial(uniform, key[i : i + 1], "test"), Crop(), sizes[i : i + 1])
        for i in range(3)
    ]
    assert torch.equal(together, torch.cat(alone))


def test_fit_is_the_middle() -> None:
    assert boxes(Fit(), 30, 50, 1).tolist() == [[0, 10, 30, 30]]
    assert boxes(Fit(share=224 / 256), 256, 320, 1).tolist() == [[16, 48, 224, 224]]


def test_places_are_uniform() -> None:
    top = boxes(Crop(area=(0.25, 0.25), aspect=(1.0, 1.0)), 20, 20, 11_000)[:, 0]
    counts = np.bincount(top.numpy(), minlength=11)
    assert len(counts) == 11
    assert counts.min() > 850
    assert counts.max() < 1150
