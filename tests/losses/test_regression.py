"""BYOL's losses against numbers computed elsewhere, slow loops and NT-Xent."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lookalike.losses.contrastive import nt_xent
from lookalike.losses.regression import info_nce, regression
from losses import slow
from losses.cases import many, normal, seeds, temperatures


def test_known_value() -> None:
    prediction = torch.tensor([[1.0, 2.0, 2.0]], dtype=torch.float64)
    target = torch.tensor([[2.0, 0.0, 1.0]], dtype=torch.float64)
    assert regression(prediction, target).tolist() == pytest.approx([0.807430], abs=1e-6)
    assert regression(prediction, target, normalize=False).tolist() == [6.0]
    assert regression(prediction, -3 * prediction).tolist() == pytest.approx([4.0], abs=1e-12)


@many
@given(images=st.integers(1, 6), width=st.integers(2, 6), normalize=st.booleans(), seed=seeds)
def test_regression_agrees_with_the_slow_loop(
    images: int, width: int, normalize: bool, seed: int
) -> None:
    p, t = normal(2, images, width, seed=seed)
    pairs = list(zip(slow.rows(p, normalize), slow.rows(t, normalize), strict=True))
    expected = [math.dist(a, b) ** 2 for a, b in pairs]
    if normalize:
        assert expected == pytest.approx([2 - 2 * slow.dot(a, b) for a, b in pairs], abs=1e-12)
    actual = regression(p, t, normalize=normalize).tolist()
    assert actual == pytest.approx(expected, rel=1e-10, abs=1e-12)


@many
@given(
    images=st.integers(1, 6),
    width=st.integers(2, 6),
    temperature=temperatures,
    weight=st.sampled_from([0.0, 0.1, 1.0]),
    seed=seeds,
)
def test_info_nce_agrees_with_the_slow_loop(
    images: int, width: int, temperature: float, weight: float, seed: int
) -> None:
    p, same, other = normal(3, images, width, seed=seed)
    targets = torch.stack((same, other), dim=1)
    expected = slow.info_nce(p, targets, temperature, weight)
    actual = info_nce(p, targets, temperature, weight).item()
    assert actual == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_info_nce_is_byol_at_one_end_and_simclr_at_the_other() -> None:
    z, targets = normal(6, 2, 4, seed=0), normal(6, 2, 4, seed=1)
    byol = regression(z[:, 0], targets[:, 1]) + regression(z[:, 1], targets[:, 0])
    ends = info_nce(z[:, 0], targets, 0.1, 0.0) + info_nce(z[:, 1], targets.flip(1), 0.1, 0.0)
    assert torch.allclose(ends, byol.mean() - 4, rtol=1e-12)
    ends = info_nce(z[:, 0], z, 0.1, 1.0) + info_nce(z[:, 1], z.flip(1), 0.1, 1.0)
    assert torch.allclose(ends, 4 * 0.1 * nt_xent(z[:, 0], z[:, 1], 0.1), rtol=1e-12)


def test_gradcheck() -> None:
    p, targets = normal(4, 3, seed=0).requires_grad_(), normal(4, 2, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda p, t: regression(p, t[:, 0]), (p, targets))
    assert torch.autograd.gradcheck(lambda p, t: info_nce(p, t, 0.5, 0.5), (p, targets))
