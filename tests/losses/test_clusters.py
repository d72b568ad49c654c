"""Assignments and predictions against slow loops, lightly's, and what defines them."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lookalike.losses.clusters import prediction_between_views, sharpened, sinkhorn
from losses import slow
from losses.cases import many, normal, seeds

Table = list[list[float]]


def slow_sinkhorn(scores: Tensor, epsilon: float, iterations: int) -> Table:
    """As SwAV's appendix writes it: divided by sums and numbers, prototype after prototype."""
    q = [[math.exp(s / epsilon) for s in row] for row in scores.tolist()]
    images, prototypes = scores.shape
    for _ in range(iterations):
        sums = [math.fsum(row[k] for row in q) for k in range(prototypes)]
        q = [[x / (s * prototypes) for x, s in zip(row, sums, strict=True)] for row in q]
        q = [[x / (math.fsum(row) * images) for x in row] for row in q]
    return [[x * images for x in row] for row in q]


def log_softmax(row: list[float]) -> list[float]:
    whole = slow.logsumexp(row)
    return [s - whole for s in row]


def slow_prediction(scores: Tensor, targets: Tensor, temperature: float) -> list[float]:
    losses = []
    for views, assigned in zip((scores / temperature).tolist(), targets.tolist(), strict=True):
        terms = [
            -slow.dot(q, log_softmax(view))
            for i, q in enumerate(assigned)
            for j, view in enumerate(views)
            if i != j
        ]
        losses.append(math.fsum(terms) / len(terms))
    return losses


def distributions(*shape: int, seed: int) -> Tensor:
    return (2 * normal(*shape, seed=seed)).softmax(-1)


@many
@given(
    images=st.integers(1, 6),
    prototypes=st.integers(1, 6),
    epsilon=st.sampled_from([0.05, 0.3, 2.0]),
    iterations=st.integers(1, 4),
    seed=seeds,
)
def test_sinkhorn_agrees_with_the_slow_loop(
    images: int, prototypes: int, epsilon: float, iterations: int, seed: int
) -> None:
    scores = normal(images, prototypes, seed=seed).tanh()
    expected = slow_sinkhorn(scores, epsilon, iterations)
    actual = sinkhorn(scores, epsilon, iterations)
    assert torch.allclose(actual, scores.new_tensor(expected), rtol=1e-9, atol=1e-15)


def test_sinkhorn_fills_all_clusters_alike() -> None:
    scores = normal(12, 5, seed=0).tanh()
    codes = sinkhorn(scores, 0.5, 200)
    assert torch.allclose(codes.sum(1), torch.ones(12, dtype=torch.float64), rtol=1e-12)
    assert torch.allclose(codes.sum(0), torch.full((5,), 12 / 5, dtype=torch.float64), rtol=1e-9)
    # What else defines it: log Q - S / ε is a number of the row plus a number of the column.
    rest = codes.log() - scores / 0.5
    rest = rest - rest[:1]
    assert torch.allclose(rest, rest[:, :1].expand_as(rest), atol=1e-10)


def test_sinkhorn_overflows_nowhere() -> None:
    """In float32, exp(1 / 0.002) is infinite and exp(-1 / 0.002) is 0."""
    scores = torch.tensor([[1.0, -1.0, -1.0], [1.0, -1.0, -1.0], [1.0, 0.9, -1.0]])
    codes = sinkhorn(scores, 0.002, 3)
    assert codes.isfinite().all()
    assert torch.allclose(codes.sum(1), torch.ones(3))


def test_lightly_assigns_and_predicts_alike() -> None:
    """SwAV in four views, two of which are assigned; value and gradient."""
    swav = pytest.importorskip("lightly.loss.swav_loss")
    scores = normal(6, 4, 8, seed=0).tanh().requires_grad_()
    with torch.no_grad():
        assert torch.allclose(sinkhorn(scores[:, 0], 0.05, 3), swav.sinkhorn(scores[:, 0]))
    codes = torch.stack([sinkhorn(view, 0.05, 3) for view in scores[:, :2].unbind(1)], dim=1)
    ours = prediction_between_views(scores, codes, 0.1).mean()
    views = list(scores.unbind(1))
    theirs = swav.SwaVLoss()(views[:2], views[2:]).squeeze()
    assert torch.allclose(ours, theirs, rtol=1e-12, atol=0)
    gradients = [torch.autograd.grad(loss, scores, retain_graph=True)[0] for loss in (ours, theirs)]
    assert torch.allclose(*gradients, rtol=1e-9, atol=1e-14)


def test_lightly_sharpens_alike() -> None:
    """DINO in five views, two of which the target sees, with a centre that is not 0."""
    lightly = pytest.importorskip("lightly.loss.dino_loss")
    dino = lightly.DINOLoss(8, teacher_temp=1 / 16)  # which float32 holds exactly
    scores, seen = normal(6, 5, 8, seed=0).requires_grad_(), normal(6, 2, 8, seed=1)
    centre = normal(8, seed=2)
    dino.center = centre.view(1, 1, 8).clone()
    ours = prediction_between_views(scores, sharpened(seen, centre, 1 / 16), 0.1).mean()
    theirs = dino(list(seen.unbind(1)), list(scores.unbind(1)))
    assert torch.allclose(ours, theirs, rtol=1e-12, atol=0)
    gradients = [torch.autograd.grad(loss, scores, retain_graph=True)[0] for loss in (ours, theirs)]
    assert torch.allclose(*gradients, rtol=1e-9, atol=1e-14)


def test_sharpened_known_value() -> None:
    seen, centre = torch.tensor([[[0.3, 0.1]]]), torch.tensor([0.2, 0.1])
    expected = 1 / (1 + math.exp(-0.1 / 0.05))
    assert sharpened(seen, centre, 0.05)[0, 0].tolist() == pytest.approx([expected, 1 - expected])


@many
@given(
    images=st.integers(1, 4),
    views=st.integers(2, 5),
    assigned=st.integers(1, 2),
    prototypes=st.integers(1, 5),
    temperature=st.sampled_from([0.1, 1.0]),
    seed=seeds,
)
def test_prediction_agrees_with_the_slow_loop(
    images: int, views: int, assigned: int, prototypes: int, temperature: float, seed: int
) -> None:
    scores = normal(images, views, prototypes, seed=seed)
    targets = distributions(images, assigned, prototypes, seed=seed + 1)
    expected = slow_prediction(scores, targets, temperature)
    actual = prediction_between_views(scores, targets, temperature).tolist()
    assert actual == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_view_never_predicts_itself() -> None:
    scores, targets = normal(3, 2, 4, seed=0), distributions(3, 2, 4, seed=1)
    scores.requires_grad_()
    loss = prediction_between_views(scores, targets[:, :1], 0.1)
    (gradient,) = torch.autograd.grad(loss.sum(), scores)
    assert gradient[:, 0].abs().max() < 1e-15
    assert gradient[:, 1].abs().min() > 1e-6


def test_gradients() -> None:
    scores, targets = normal(3, 4, 5, seed=0), distributions(3, 2, 5, seed=1)
    inputs = (scores.requires_grad_(), targets.requires_grad_())
    assert torch.autograd.gradcheck(lambda s, q: prediction_between_views(s, q, 0.5), inputs)
    assert not sinkhorn(scores[:, 0], 0.05, 3).requires_grad
    assert not sharpened(scores, scores[0, 0], 0.05).requires_grad


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_float32_at_least(dtype: torch.dtype) -> None:
    scores, targets = normal(6, 3, 8, seed=0).to(dtype), distributions(6, 2, 8, seed=1).to(dtype)

    def every(scores: Tensor, targets: Tensor) -> list[Tensor]:
        return [
            sinkhorn(scores[:, 0], 0.05, 3),
            sharpened(scores, scores[0, 0], 0.04),
            prediction_between_views(scores, targets, 0.1),
        ]

    exact = every(scores.float(), targets.float())
    with torch.autocast("cpu", torch.bfloat16):
        inside = every(scores, targets)
    for values in (every(scores, targets), inside):
        for value, expected in zip(values, exact, strict=True):
            assert value.dtype == torch.float32
            assert torch.equal(value, expected)
