"""Losses of Barlow Twins and VICReg against slow loops, lightly's, and cases done by hand."""

import math
from collections.abc import Callable
from itertools import pairwise
from statistics import fmean, pvariance, variance

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lookalike.losses.decorrelation import barlow_twins, vicreg
from losses.cases import many, normal, seeds

Loss = Callable[..., Tensor]

WEIGHTS = {"invariance": 25.0, "variance": 25.0, "covariance": 1.0}
LOSSES: dict[str, Loss] = {
    "barlow twins": lambda z1, z2, **named: barlow_twins(z1, z2, 0.3, **named),
    "vicreg": lambda z1, z2, **named: vicreg(
        z1, z2, invariance=2.0, variance=3.0, covariance=5.0, **named
    ),
}

sizes = {"images": st.integers(2, 6), "width": st.integers(1, 5), "seed": seeds}


def columns(z: Tensor) -> list[list[float]]:
    return z.T.tolist()


def slow_barlow_twins(z1: Tensor, z2: Tensor, redundancy: float) -> float:
    def standardised(column: list[float]) -> list[float]:
        mean, root = fmean(column), math.sqrt(pvariance(column) + 1e-5)
        return [(x - mean) / root for x in column]

    loss = 0.0
    for i, one in enumerate(columns(z1)):
        for j, other in enumerate(columns(z2)):
            pairs = zip(standardised(one), standardised(other), strict=True)
            c = fmean(a * b for a, b in pairs)
            loss += (1 - c) ** 2 if i == j else redundancy * c**2
    return loss


def slow_vicreg(z1: Tensor, z2: Tensor, s: float, v: float, c: float) -> float:
    d, total = z1.shape[1], 0.0
    for one, other in zip(z1.flatten().tolist(), z2.flatten().tolist(), strict=True):
        total += s * (one - other) ** 2 / z1.numel()
    for z in (z1, z2):
        for i, one in enumerate(columns(z)):
            total += v / 2 * max(0.0, 1 - math.sqrt(variance(one) + 1e-4)) / d
            for j, other in enumerate(columns(z)):
                products = [
                    (a - fmean(one)) * (b - fmean(other)) for a, b in zip(one, other, strict=True)
                ]
                covariance = math.fsum(products) / (len(z) - 1)
                total += c * covariance**2 / d if i != j else 0.0
    return total


@many
@given(**sizes, redundancy=st.sampled_from([0.0, 0.0051, 1.0, 3.0]))
def test_barlow_twins_agrees_with_the_slow_loop(
    images: int, width: int, seed: int, redundancy: float
) -> None:
    z1, z2 = normal(2, images, width, seed=seed)
    expected = slow_barlow_twins(z1, z2, redundancy)
    assert barlow_twins(z1, z2, redundancy).item() == pytest.approx(expected, rel=1e-9, abs=1e-12)


@many
@given(**sizes, weights=st.tuples(*[st.sampled_from([0.0, 1.0, 25.0])] * 3))
def test_vicreg_agrees_with_the_slow_loop(
    images: int, width: int, seed: int, weights: tuple[float, float, float]
) -> None:
    z1, z2 = normal(2, images, width, seed=seed)
    actual = vicreg(
        z1, z2, invariance=weights[0], variance=weights[1], covariance=weights[2]
    ).item()
    assert actual == pytest.approx(slow_vicreg(z1, z2, *weights), rel=1e-9, abs=1e-12)


def test_lightly_has_the_same_values_and_gradients() -> None:
    lightly = pytest.importorskip("lightly.loss")
    z = (0.7 * normal(2, 16, 24, seed=0)).requires_grad_()
    pairs = [
        (barlow_twins(*z, 0.0051), lightly.BarlowTwinsLoss(0.0051)(*z)),
        (vicreg(*z, **WEIGHTS), lightly.VICRegLoss()(*z)),
    ]
    for ours, theirs in pairs:
        assert torch.allclose(ours, theirs, rtol=1e-12, atol=0)
        gradients = [torch.autograd.grad(loss, z, retain_graph=True)[0] for loss in (ours, theirs)]
        assert torch.allclose(*gradients, rtol=1e-9, atol=1e-14)


def test_known_values() -> None:
    """Two dimensions that are the same have correlation 1 and covariance 2, here."""
    column = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64) * 1.5**0.5
    same = torch.stack((column, column), dim=1)
    other = torch.stack((column, column[[0, 1, 3, 2]]), dim=1)
    assert barlow_twins(same, same, 0.25).item() == pytest.approx(0.5, abs=1e-4)
    assert barlow_twins(other, other, 0.25).item() == pytest.approx(0.0, abs=1e-4)
    assert barlow_twins(other, -other, 0.25).item() == pytest.approx(8.0, abs=1e-4)
    assert vicreg(same, same, **WEIGHTS).item() == pytest.approx(8.0)
    assert vicreg(other, other, **WEIGHTS).item() == pytest.approx(0.0)
    constant = torch.ones(4, 2, dtype=torch.float64)
    assert vicreg(constant, constant, **WEIGHTS).item() == pytest.approx(25 * 0.99)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("ends", [[0, 7], [0, 4, 7], [0, 2, 3, 3, 7]])
def test_shares_of_dimensions_add_up(name: str, ends: list[int]) -> None:
    loss, z = LOSSES[name], normal(2, 5, 7, seed=0).requires_grad_()
    expected = loss(*z)
    shares = [loss(*z, dimensions=range(first, end)) for first, end in pairwise(ends)]
    assert all(share.grad_fn is not None for share in shares)
    total = torch.stack(shares).sum()
    assert torch.allclose(total, expected, rtol=1e-12)
    gradients = [torch.autograd.grad(value, z)[0] for value in (total, expected)]
    assert torch.allclose(*gradients, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", LOSSES)
def test_gradcheck(name: str) -> None:
    z = (0.5 * normal(2, 4, 3, seed=1)).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: LOSSES[name](*z), z)
    assert torch.autograd.gradcheck(lambda z: LOSSES[name](*z, dimensions=range(1, 3)), z)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("z", [torch.zeros(2, 4, 3), torch.ones(2, 4, 3), torch.ones(2, 2, 1)])
def test_collapsed_batches_are_finite(name: str, z: Tensor) -> None:
    value = LOSSES[name](*z.requires_grad_())
    assert value.isfinite()
    assert torch.autograd.grad(value, z)[0].isfinite().all()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_float32_at_least(name: str, dtype: torch.dtype) -> None:
    z = normal(2, 8, 16, seed=0).to(dtype)
    exact = LOSSES[name](*z.float())
    with torch.autocast("cpu", torch.bfloat16):
        inside = LOSSES[name](*z)
    for value in (LOSSES[name](*z), inside):
        assert value.dtype == torch.float32
        assert torch.equal(value, exact)
