"""SupCon against numbers computed elsewhere, slow loops in float64 and pytorch-metric-learning."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import UsageError
from lookalike.losses.contrastive import nt_xent, supcon
from losses import slow
from losses.cases import FIRST, LABELS, SECOND, groups, many, normal, seeds, temperatures

VIEWS = torch.stack((FIRST, SECOND), dim=1)


@pytest.mark.parametrize(
    ("form", "at_half", "at_tenth"),
    [
        ({}, 2.018703, 5.751186),
        ({"summation": "in"}, 1.564373, 1.175976),
        ({"contrast": "one"}, 2.015187, 5.616533),
        ({"base_temperature": 1.0}, 1.009351, 0.575119),
        ({"base_temperature": 0.07}, 14.419304, 8.215980),
    ],
)
def test_known_values(form: dict[str, Any], at_half: float, at_tenth: float) -> None:
    assert supcon(VIEWS, LABELS, 0.5, **form).item() == pytest.approx(at_half, abs=1e-6)
    assert supcon(VIEWS, LABELS, 0.1, **form).item() == pytest.approx(at_tenth, abs=1e-6)


def test_one_view_with_a_lonely_anchor() -> None:
    z = FIRST[:, None]
    assert supcon(z, LABELS, 0.5).item() == pytest.approx(1.199947, abs=1e-6)
    assert supcon(z, LABELS, 0.5, lonely="drop").item() == pytest.approx(1.799920, abs=1e-6)


@many
@given(
    group=groups,
    views=st.integers(1, 3),
    width=st.integers(1, 4),
    temperature=temperatures,
    form=st.fixed_dictionaries(
        {
            "summation": st.sampled_from(["out", "in"]),
            "contrast": st.sampled_from(["all", "one"]),
            "denominator": st.sampled_from(["all", "one positive", "negatives"]),
            "lonely": st.sampled_from(["zero", "drop"]),
            "normalize": st.booleans(),
        }
    ),
    cap=st.none() | st.integers(0, 3),
    seed=seeds,
)
def test_agrees_with_the_slow_loop(
    group: list[int],
    views: int,
    width: int,
    temperature: float,
    form: dict[str, Any],
    cap: int | None,
    seed: int,
) -> None:
    z = normal(len(group), views, width, seed=seed)
    form["positives"] = None if cap is None else cap * views
    expected = slow.supcon(z, group, temperature, **form)
    actual = supcon(z, torch.tensor(group), temperature, **form).item()
    assert actual == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("summation", ["out", "in"])
def test_a_group_for_each_image_is_nt_xent(summation: str) -> None:
    z = normal(6, 2, 4, seed=0)
    expected = nt_xent(z[:, 0], z[:, 1], 0.3)
    for group in (torch.arange(6), torch.full((6,), -1)):
        assert torch.allclose(supcon(z, group, 0.3, summation=summation), expected, rtol=1e-12)


def test_names_of_groups_and_order_of_images_do_not_matter() -> None:
    z, group = normal(8, 3, 4, seed=0), torch.tensor([0, 2, 1, 0, -1, 2, 2, 0])
    renamed = torch.tensor([7, 4, 9, 7, -1, 4, 4, 7])
    shuffled = torch.randperm(8)
    loss = supcon(z, group, 0.2)
    assert torch.allclose(supcon(z, renamed, 0.2), loss, rtol=1e-12)
    assert torch.allclose(supcon(z[shuffled], group[shuffled], 0.2), loss, rtol=1e-12)


def test_in_is_never_more_than_out_and_equal_for_equal_positives() -> None:
    z, group = normal(8, 2, 4, seed=0), torch.arange(8) % 3
    assert supcon(z, group, 0.2, summation="in") < supcon(z, group, 0.2) - 0.1
    alike = normal(3, 4, seed=1)[group][:, None].expand(8, 2, 4)
    together = supcon(alike, group, 0.2, summation="in")
    assert torch.allclose(together, supcon(alike, group, 0.2), rtol=1e-12)


@pytest.mark.parametrize("temperature", [0.01, 0.5, 100.0])
def test_identical_projections(temperature: float) -> None:
    z = torch.ones(10, 2, 4)
    loss = supcon(z, torch.arange(10) % 3, temperature).item()
    assert loss == pytest.approx(math.log(19), abs=1e-4)


@pytest.mark.parametrize("summation", ["out", "in"])
def test_gradient_of_one_anchor(summation: str) -> None:
    """The identity of SupCon section 3 and its supplement: weights P_ix - X_ix, through |w|."""
    everyone, group = normal(7, 1, 4, seed=3), torch.tensor([0, 1, 0, 2, 1, 0, 0])
    w = everyone[:1].clone().requires_grad_()
    share = supcon(w, group[:1], 0.3, summation=summation, everyone=everyone, everyone_group=group)
    (actual,) = torch.autograd.grad(7 * share, w)

    length = everyone[0].norm()
    z = everyone[:, 0] / everyone[:, 0].norm(dim=1, keepdim=True)
    terms = (z[1:] @ z[0] / 0.3).exp()
    positive = group[1:] == group[0]
    weights = terms / terms.sum()
    if summation == "out":
        weights = weights - positive.double() / positive.sum()
    else:
        weights = weights - terms * positive / terms[positive].sum()
    directions = z[1:] - (z[1:] @ z[0])[:, None] * z[0]
    expected = (weights[:, None] * directions).sum(0) / (0.3 * length)
    assert torch.allclose(actual[0, 0], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("summation", ["out", "in"])
def test_hard_positives_pull_and_more_negatives_make_them_pull_harder(summation: str) -> None:
    """Section 3 of SupCon: a positive in the anchor's direction has almost no gradient."""

    def pull(degrees: float, negatives: int) -> float:
        angle = math.radians(degrees)
        positive = [math.cos(angle), math.sin(angle), 0.0]
        z = torch.tensor([[1.0, 0.0, 0.0], positive, *[[0.0, 0.0, 1.0]] * negatives])[:, None]
        group = torch.tensor([0, 0] + [1] * negatives)
        w = z[:1].clone().requires_grad_()
        share = supcon(w, group[:1], 0.5, summation=summation, everyone=z, everyone_group=group)
        (gradient,) = torch.autograd.grad(len(z) * share, w)
        return -gradient[0, 0, 1].item()  # towards the positive

    assert 0 < pull(1, 3) < 0.05 * pull(90, 3)
    assert 0.1 < pull(90, 1) < pull(90, 3) < pull(90, 9)


@pytest.mark.parametrize("views", [1, 2])
def test_equals_pytorch_metric_learning(views: int) -> None:
    """Its mean leaves out anchors without positives, and also those whose loss is exactly 0."""
    losses = pytest.importorskip(
        "pytorch_metric_learning.losses", reason="pytorch-metric-learning is not installed"
    )
    z, group = normal(9, views, 5, seed=0), torch.tensor([0, 1, 2, 0, 1, 1, 3, 0, 1])
    theirs = losses.SupConLoss(temperature=0.2)(z.flatten(0, 1), group.repeat_interleave(views))
    assert torch.allclose(supcon(z, group, 0.2, lonely="drop"), theirs, rtol=1e-10)


def test_one_class_is_where_pytorch_metric_learning_gives_up() -> None:
    losses = pytest.importorskip(
        "pytorch_metric_learning.losses", reason="pytorch-metric-learning is not installed"
    )
    z, group = normal(4, 1, 5, seed=0), torch.zeros(4, dtype=torch.int64)
    assert losses.SupConLoss(temperature=0.2)(z.flatten(0, 1), group) == 0
    assert supcon(z, group, 0.2) > 0.5


def test_a_cap_that_would_cut_an_image() -> None:
    with pytest.raises(UsageError, match="multiple of 2"):
        supcon(VIEWS, LABELS, 0.5, positives=3)
