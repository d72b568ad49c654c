"""The losses with margins against numbers computed elsewhere and slow loops in float64."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lookalike.losses.margin import large_margin_softmax, pairwise_margin
from losses import slow
from losses.cases import circle, groups, many, normal, seeds


def test_known_pairs() -> None:
    z, other = circle(0, 40)[:, None], torch.tensor([0, 1])
    assert pairwise_margin(z, torch.zeros_like(other), 1.0) == pytest.approx(0.467911, abs=1e-6)
    assert pairwise_margin(z, other, 1.0).item() == pytest.approx(0.532089, abs=1e-6)
    distance = pairwise_margin(z, other, 1.0, form="hadsell").item()
    assert distance == pytest.approx(0.099831, abs=1e-6)


@many
@given(
    group=groups,
    views=st.integers(1, 3),
    width=st.integers(2, 5),
    margin=st.sampled_from([0.5, 1.0, 3.0]),
    form=st.sampled_from(["squared", "hadsell"]),
    normalize=st.booleans(),
    seed=seeds,
)
def test_pairs_agree_with_the_slow_loop(
    group: list[int],
    views: int,
    width: int,
    margin: float,
    form: str,
    normalize: bool,
    seed: int,
) -> None:
    z = normal(len(group), views, width, seed=seed)
    expected = slow.pairwise_margin(z, group, margin, form, normalize)
    actual = pairwise_margin(z, torch.tensor(group), margin, form=form, normalize=normalize)
    assert actual.item() == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("form", ["squared", "hadsell"])
def test_gradcheck_of_pairs(form: str) -> None:
    z = normal(4, 2, 3, seed=0).requires_grad_()
    group = torch.tensor([0, 1, 0, -1])
    assert torch.autograd.gradcheck(lambda z: pairwise_margin(z, group, 2.0, form=form), z)


@many
@given(
    classes=st.integers(1, 5),
    width=st.integers(2, 6),
    margin=st.integers(1, 4),
    seed=seeds,
)
def test_large_margin_agrees_with_the_slow_loop(
    classes: int, width: int, margin: int, seed: int
) -> None:
    features, weight = normal(4, width, seed=seed), normal(classes, width, seed=seed + 1)
    label = torch.arange(4) % classes
    actual = large_margin_softmax(features, weight, label, margin).tolist()
    expected = [
        slow.large_margin_softmax(x, weight.tolist(), y, margin)
        for x, y in zip(features.tolist(), label.tolist(), strict=True)
    ]
    assert actual == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_margin_one_is_the_plain_softmax() -> None:
    features, weight, label = normal(8, 4, seed=0), normal(3, 4, seed=1), torch.arange(8) % 3
    expected = torch.nn.functional.cross_entropy(features @ weight.T, label, reduction="none")
    assert torch.allclose(large_margin_softmax(features, weight, label, 1), expected, rtol=1e-12)


@pytest.mark.parametrize("margin", [2, 3, 4])
def test_the_true_logit_falls_from_the_one_angle_to_the_other(margin: int) -> None:
    """ψ goes from 1 at 0 to 1 - 2 · margin at π without a jump, always downwards."""
    angle = torch.linspace(0, math.pi, 2001, dtype=torch.float64)
    features = torch.stack((angle.cos(), angle.sin()), dim=1).requires_grad_()
    weight = torch.tensor([[1.0, 0.0], [0.0, 0.0]], dtype=torch.float64)
    loss = large_margin_softmax(features, weight, torch.zeros(2001, dtype=torch.int64), margin)
    psi = -(loss.exp() - 1).log()  # the other class's logit is 0
    assert psi[[0, -1]].tolist() == pytest.approx([1, 1 - 2 * margin], abs=1e-9)
    steps = psi.diff()
    assert steps.max() < 1e-12
    assert steps.min() > -margin * math.pi / 2000 * 1.01
    (gradient,) = torch.autograd.grad(loss.sum(), features)
    assert gradient.isfinite().all()
