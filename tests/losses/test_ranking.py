"""NT-Logistic and triplet against numbers computed elsewhere and slow loops in float64."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lookalike.losses.ranking import nt_logistic, triplet
from losses import slow
from losses.cases import FIRST, SECOND, many, normal, seeds, temperatures

POSITIVE_PART = {0.5: 0.149578, 0.2: 0.010512}


@pytest.mark.parametrize(
    ("temperature", "form", "expected"),
    [
        (0.5, {}, 2.402254),
        (0.2, {}, 4.219854),
        (0.5, {"reduction": "mean"}, 1.275916),
        (0.2, {"reduction": "mean"}, 2.115183),
        (0.5, {"symmetric": True}, 2.402254),
        (0.5, {"negatives": "semi-hard"}, 1.398803),
        (0.2, {"negatives": "semi-hard"}, 2.378190),
        (0.5, {"negatives": "semi-hard", "symmetric": True}, 1.536716),
        (0.2, {"negatives": "semi-hard", "symmetric": True}, 2.799236),
    ],
)
def test_known_logistic_values(temperature: float, form: dict[str, Any], expected: float) -> None:
    loss = nt_logistic(FIRST, SECOND, temperature, **form).item()
    assert loss == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("temperature", "expected"), [(0.5, 1.674629), (0.2, 3.220282)])
def test_known_logistic_value_of_the_second_views(temperature: float, expected: float) -> None:
    loss = nt_logistic(SECOND, FIRST, temperature, negatives="semi-hard").item()
    assert loss == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("views", "symmetric", "negatives", "at_04", "at_08"),
    [
        ((FIRST, SECOND), False, "all", 0.130067, 0.298180),
        ((SECOND, FIRST), False, "all", 0.117580, 0.299524),
        ((FIRST, SECOND), True, "all", 0.123824, 0.298852),
        ((FIRST, SECOND), False, "semi-hard", 0.119014, 0.321907),
        ((SECOND, FIRST), False, "semi-hard", 0.235161, 0.501828),
        ((FIRST, SECOND), True, "semi-hard", 0.177087, 0.411867),
    ],
)
def test_known_triplet_values(
    views: Any, symmetric: bool, negatives: str, at_04: float, at_08: float
) -> None:
    for margin, expected in ((0.4, at_04), (0.8, at_08)):
        loss = triplet(*views, margin, negatives=negatives, symmetric=symmetric).item()
        assert loss == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("temperature", [0.2, 0.5])
def test_one_image_has_its_positive_part_only(temperature: float) -> None:
    parts = [
        nt_logistic(a[None], b[None], temperature, negatives=negatives, reduction=reduction).item()
        for a, b in zip(FIRST, SECOND, strict=True)
        for negatives, reduction in (("all", "sum"), ("all", "mean"), ("semi-hard", "sum"))
    ]
    assert sum(parts) / len(parts) == pytest.approx(POSITIVE_PART[temperature], abs=1e-6)
    assert triplet(FIRST[:1], SECOND[:1], 0.4) == 0
    assert triplet(FIRST[:1], SECOND[:1], 0.4, negatives="semi-hard") == 0


@many
@given(
    images=st.integers(1, 8),
    width=st.integers(2, 5),
    temperature=temperatures,
    negatives=st.sampled_from(["all", "semi-hard"]),
    reduction=st.sampled_from(["sum", "mean"]),
    symmetric=st.booleans(),
    normalize=st.booleans(),
    seed=seeds,
)
def test_logistic_agrees_with_the_slow_loop(
    images: int,
    width: int,
    temperature: float,
    negatives: str,
    reduction: str,
    symmetric: bool,
    normalize: bool,
    seed: int,
) -> None:
    z = normal(2, images, width, seed=seed)
    form = {
        "negatives": negatives,
        "reduction": reduction,
        "symmetric": symmetric,
        "normalize": normalize,
    }
    expected = slow.nt_logistic(z[0], z[1], temperature, **form)
    actual = nt_logistic(z[0], z[1], temperature, **form).item()
    assert actual == pytest.approx(expected, rel=1e-10, abs=1e-12)


@many
@given(
    images=st.integers(1, 8),
    width=st.integers(2, 5),
    margin=st.sampled_from([0.0, 0.4, 0.8, 1.6]),
    negatives=st.sampled_from(["all", "semi-hard"]),
    symmetric=st.booleans(),
    normalize=st.booleans(),
    seed=seeds,
)
def test_triplet_agrees_with_the_slow_loop(
    images: int,
    width: int,
    margin: float,
    negatives: str,
    symmetric: bool,
    normalize: bool,
    seed: int,
) -> None:
    z = normal(2, images, width, seed=seed)
    form = {"negatives": negatives, "symmetric": symmetric, "normalize": normalize}
    expected = slow.triplet(z[0], z[1], margin, **form)
    actual = triplet(z[0], z[1], margin, **form).item()
    assert actual == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_gradient_of_the_paper_s_table() -> None:
    """σ(-u·v⁺/τ) v⁺/τ - σ(u·v⁻/τ) v⁻/τ, and v⁺ - v⁻ where the margin is not kept; maximised."""
    u, plus, minus = normal(3, 4, seed=0)
    first = torch.stack((u, -u)).requires_grad_()
    second = torch.stack((plus, minus))
    logistic = nt_logistic(first, second, 0.5, normalize=False)
    expected = plus * slow.sigmoid(-(u @ plus).item() / 0.5) / 0.5
    expected = expected - minus * slow.sigmoid((u @ minus).item() / 0.5) / 0.5
    (actual,) = torch.autograd.grad(-2 * logistic, first)
    assert torch.allclose(actual[0], expected, rtol=1e-12)

    margin = math.ceil((u @ plus - u @ minus).item()) + 1
    (actual,) = torch.autograd.grad(-2 * triplet(first, second, margin, normalize=False), first)
    assert torch.allclose(actual[0], plus - minus, rtol=1e-12)


def test_gradcheck() -> None:
    z = normal(2, 4, 3, seed=0).requires_grad_()
    for negatives in ("all", "semi-hard"):
        assert torch.autograd.gradcheck(
            lambda z, n=negatives: nt_logistic(z[0], z[1], 0.5, negatives=n, symmetric=True), z
        )
        assert torch.autograd.gradcheck(
            lambda z, n=negatives: triplet(z[0], z[1], 0.5, negatives=n, symmetric=True), z
        )
