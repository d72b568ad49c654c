"""Turns against torch.rot90, bends against scipy's splines."""

import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from scipy.interpolate import RBFInterpolator
from torch import Tensor

from lookalike.randomness import image_keys, uniform
from lookalike.views.operations import Rotate, Warp
from lookalike.views.warping import bend, draw_rotate, draw_warp, turn


def test_turn() -> None:
    images, quarters = torch.rand(12, 2, 7, 7), torch.arange(12.0) % 4
    view = turn(images, quarters)
    for i in range(12):
        assert torch.equal(view[i], torch.rot90(images[i], i % 4, (1, 2)))


def test_turn_is_counter_clockwise() -> None:
    image = torch.tensor([[[[0.0, 1.0], [0.0, 0.0]]]])
    assert turn(image, torch.ones(1)).flatten().tolist() == [1, 0, 0, 0]


def test_quarters_are_equally_likely() -> None:
    quarters = draw_rotate(Rotate(), uniforms, 32)
    values, counts = quarters.unique(return_counts=True)
    assert values.tolist() == [1, 2, 3]
    assert stats.chisquare(counts).pvalue > 0.01


@pytest.mark.parametrize(
    ("height", "width", "channels", "length"),
    [(12, 12, 3, 2.0), (15, 15, 1, 0.5), (9, 9, 5, 6.0), (10, 16, 2, 3.0)],
)
def test_bend_parity(height: int, width: int, channels: int, length: float) -> None:
    torch.manual_seed(0)
    images, shifts = torch.rand(300, channels, height, width), length * torch.randn(300, 4, 2)
    view = bend(images, shifts)
    for image, moved, shift in zip(images, view, shifts.double().numpy(), strict=True):
        exact = bent(image.double().numpy(), shift)
        assert np.abs(moved.numpy() - exact).max() < 2e-5


def bent(image: np.ndarray, shift: np.ndarray) -> np.ndarray:
    height, width = image.shape[1:]
    rows, columns = (height / 3, 2 * height / 3), (width / 3, 2 * width / 3)
    points = np.array([(row, column) for row in rows for column in columns]) + shift
    spline = RBFInterpolator(points, shift, kernel="thin_plate_spline", degree=1)
    pixels = np.indices((height, width))
    places = pixels - spline(pixels.reshape(2, -1).T).T.reshape(2, height, width)
    return np.stack([ndimage.map_coordinates(c, places, order=1, mode="nearest") for c in image])


def test_equal_shifts_move_the_image() -> None:
    image = torch.rand(1, 1, 9, 9)
    shifts = torch.tensor([2.0, -1.0]).expand(1, 4, 2)
    view = bend(image, shifts)
    assert torch.allclose(view[..., 2:, :-1], image[..., :-2, 1:], atol=1e-5)


def test_no_shift_changes_nothing() -> None:
    images = torch.rand(3, 2, 11, 11)
    assert (bend(images, torch.zeros(3, 4, 2)) - images).abs().max() < 1e-5


def test_points_without_a_spline_leave_the_image() -> None:
    """Four places in one, two in one, all on a line; and one that has a spline beside them."""
    still = torch.cartesian_prod(torch.tensor([3.0, 6.0]), torch.tensor([3.0, 6.0]))
    one, line = torch.full((4, 2), 4.0), torch.arange(4.0)[:, None].expand(4, 2)
    two = still[[0, 0, 2, 3]]
    shifts = torch.stack([one - still, two - still, line - still, torch.ones(4, 2)])
    images = torch.rand(4, 1, 9, 9)
    view = bend(images, shifts)
    assert (view[:3] - images[:3]).abs().max() < 1e-5
    assert (view[3, :, 1:, 1:] - images[3, :, :-1, :-1]).abs().max() < 1e-5


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-12, 1e-40])
def test_nearly_coinciding_points_stay_finite(gap: float) -> None:
    still = torch.cartesian_prod(torch.tensor([3.0, 6.0]), torch.tensor([3.0, 6.0]))
    near = gap * torch.rand(50, 4, 2)
    view = bend(torch.rand(50, 1, 9, 9), near - still)
    assert view.isfinite().all()
    assert ((view >= 0) & (view <= 1)).all()


def test_bend_leaves_its_input_and_its_values_alone() -> None:
    images, shifts = torch.ones(20, 1, 8, 8), 10 * torch.randn(20, 4, 2)
    view = bend(images, shifts)
    assert images.min() == 1
    assert view.max() <= 1
    assert view.min().item() == pytest.approx(1)


def test_images_do_not_depend_on_the_batch() -> None:
    torch.manual_seed(0)
    images, shifts = torch.rand(11, 3, 23, 23), 3 * torch.randn(11, 4, 2)
    whole = bend(images, shifts)
    parts = [bend(images[i : i + 1], shifts[i : i + 1]) for i in range(11)]
    assert torch.equal(whole, torch.cat(parts))
    assert torch.equal(whole[3:8], bend(images[3:8], shifts[3:8]))


def test_shifts_are_normal_with_one_uniform_length_for_the_view() -> None:
    shifts = draw_warp(Warp(length=0.1), uniforms, 200)
    assert shifts.shape == (10_000, 4, 2)
    rng = np.random.default_rng(0)
    expected = rng.uniform(0, 20, (10_000, 1)) * rng.standard_normal((10_000, 8))
    for i in range(8):
        assert stats.ks_2samp(shifts.flatten(1)[:, i], expected[:, i]).pvalue > 0.01
    for function in (np.std, np.ptp):
        ours, theirs = function(shifts.flatten(1).numpy(), 1), function(expected, 1)
        assert stats.ks_2samp(ours, theirs).pvalue > 0.01
    normed = shifts.flatten(1) / shifts.flatten(1).norm(dim=1, keepdim=True)
    assert (normed.T @ normed / 10_000 - torch.eye(8) / 8).abs().max() < 0.01


def test_the_papers_length() -> None:
    """papers.md 2.6: up to 23 pixels at 224, so E[shift²] = 23² / 3."""
    square = draw_warp(Warp(), uniforms, 224).square().mean().item()
    assert square == pytest.approx(23**2 / 3, rel=0.03)


def uniforms(count: int) -> Tensor:
    return uniform(image_keys(0, 0, torch.arange(10_000)), "test", count)
