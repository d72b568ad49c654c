"""BYOL's losses against numbers computed elsewhere, slow loops and NT-Xent."""

import math
import statistics

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from torch import Tensor

from lookalike.losses.contrastive import nt_xent
from lookalike.losses.regression import Scaling, info_nce, linear_prediction, regression
from losses import slow
from losses.cases import many, normal, seeds, temperatures


def test_known_value() -> None:
    prediction = torch.tensor([[1.0, 2.0, 2.0]], dtype=torch.float64)
    target = torch.tensor([[2.0, 0.0, 1.0]], dtype=torch.float64)
    assert regression(prediction, target).tolist() == pytest.approx([0.807430], abs=1e-6)
    assert regression(prediction, target, scaling="none").tolist() == [6.0]
    assert regression(prediction, -3 * prediction).tolist() == pytest.approx([4.0], abs=1e-12)


@many
@given(
    images=st.integers(2, 6),
    width=st.integers(2, 6),
    scaling=st.sampled_from(["length", "layer", "batch", "none"]),
    seed=seeds,
)
def test_regression_agrees_with_the_slow_loop(
    images: int, width: int, scaling: Scaling, seed: int
) -> None:
    p, t = normal(2, images, width, seed=seed)
    pairs = list(zip(_scaled(p, scaling), _scaled(t, scaling), strict=True))
    expected = [math.dist(a, b) ** 2 for a, b in pairs]
    if scaling == "length":
        assert expected == pytest.approx([2 - 2 * slow.dot(a, b) for a, b in pairs], abs=1e-12)
    actual = regression(p, t, scaling=scaling).tolist()
    assert actual == pytest.approx(expected, rel=1e-10, abs=1e-12)


def _scaled(z: Tensor, scaling: Scaling) -> list[list[float]]:
    """Rows as table 20 has them: standardised within the row, or within the column."""
    if scaling in ("length", "none"):
        return slow.rows(z, scaling == "length")
    every = z.tolist() if scaling == "layer" else z.T.tolist()
    lines = []
    for line in every:
        mean, variance = statistics.fmean(line), statistics.pvariance(line)
        lines.append([(x - mean) / math.sqrt((variance + 1e-5) * z.shape[1]) for x in line])
    return lines if scaling == "layer" else [list(row) for row in zip(*lines, strict=True)]


def test_the_linear_prediction_is_that_of_scikit_learn() -> None:
    z, t = normal(2, 40, 6, seed=0)
    line = LinearRegression(fit_intercept=False).fit(z.numpy(), t.numpy())
    z.requires_grad_(True)
    prediction = linear_prediction(z, t)
    assert torch.allclose(prediction, torch.tensor(line.predict(z.detach().numpy())), atol=1e-9)
    prediction.sum().backward()
    assert torch.allclose(z.grad, torch.tensor(line.coef_.sum(0)).expand(40, 6), atol=1e-9)  # type: ignore[arg-type]


def test_projections_that_are_all_the_same_predict_the_mean() -> None:
    z, t = torch.ones(40, 6), normal(1, 40, 6, seed=0)[0].float()
    assert torch.allclose(linear_prediction(z, t), t.mean(0).expand(40, 6), atol=1e-5)


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
