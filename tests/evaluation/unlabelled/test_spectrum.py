"""The label-free numbers on features whose answer is known, and against slow loops."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch

from lookalike.evaluation.unlabelled import spectrum
from lookalike.evaluation.unlabelled.spectrum import (
    alignment,
    decay,
    describe,
    effective_rank,
    health,
    lidar,
)
from lookalike.losses.agreement import spread


def _normal(count: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def _with_singular_values(values: list[float], count: int, width: int) -> torch.Tensor:
    left = torch.linalg.qr(_normal(count, len(values)).double()).Q
    right = torch.linalg.qr(_normal(width, len(values), seed=1).double()).Q
    return (left * torch.tensor(values).double() @ right.T).float()


@pytest.mark.parametrize(("count", "width"), [(50, 8), (8, 50)])
@pytest.mark.parametrize("values", [[1.0] * 6, [5.0, 1.0, 0.1], [1.0, 0.5, 0.25, 0.125]])
def test_effective_rank_of_a_known_spectrum(values: list[float], count: int, width: int) -> None:
    share = np.array(values) / sum(values)
    expected = math.exp(-sum(p * math.log(p) for p in share))
    found = effective_rank(_with_singular_values(values, count, width))
    assert found == pytest.approx(expected, rel=1e-3)


def test_uniformity_and_alignment_are_those_of_double_loops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spectrum, "_BLOCK", 7)
    one, two = _normal(30, 5).tolist(), _normal(30, 5, seed=1).tolist()
    unit_one, unit_two = ([[v / math.hypot(*r) for v in r] for r in part] for part in (one, two))
    pairs = [
        math.exp(-2 * math.dist(unit_one[i], unit_one[j]) ** 2)
        for i in range(30)
        for j in range(30)
        if i != j
    ]
    uniformity = spectrum.uniformity(torch.tensor(one))
    assert uniformity == pytest.approx(math.log(sum(pairs) / len(pairs)), abs=1e-6)
    distances = [math.dist(a, b) ** 2 for a, b in zip(unit_one, unit_two, strict=True)]
    found = alignment(torch.tensor(one), torch.tensor(two))
    assert found == pytest.approx(sum(distances) / 30, abs=1e-6)


def test_features_in_all_directions_alike() -> None:
    found = describe(_normal(4000, 32))
    assert found["spread"] == pytest.approx(1, abs=0.02)
    assert found["effective_rank"] == pytest.approx(32, rel=0.02)
    assert found["rank_share"] == pytest.approx(1, rel=0.02)
    assert found["uniformity"] == pytest.approx(-4 + 8 / 32, abs=0.05)  # x·y has variance 1/d
    assert health(found).startswith("healthy")


def test_spread_ignores_length_and_counts_directions() -> None:
    values = _normal(200, 16)
    lengths = torch.linspace(0.1, 10, 200)[:, None]
    assert float(spread(values * lengths)) == pytest.approx(float(spread(values)), rel=1e-4)
    # Half the dimensions never change: the others share the unit length.
    half = torch.cat([values[:, :8], torch.zeros(200, 8)], dim=1)
    expected = float(spread(values[:, :8])) / math.sqrt(2)
    assert float(spread(half)) == pytest.approx(expected, rel=1e-4)


def test_complete_collapse_is_told() -> None:
    found = describe(torch.ones(100, 64) + 1e-4 * _normal(100, 64))
    assert found["spread"] < 0.01
    assert found["uniformity"] == pytest.approx(0, abs=1e-3)
    assert health(found).startswith("complete collapse")
    constant = describe(torch.ones(100, 64))
    assert constant["effective_rank"] == pytest.approx(1, abs=1e-3)
    assert health(constant).startswith("complete collapse")


def test_dead_features_are_a_complete_collapse() -> None:
    found = describe(torch.zeros(100, 64))
    assert all(math.isfinite(value) for value in found.values())
    assert health(found).startswith("complete collapse")


def test_dimensional_collapse_is_told() -> None:
    found = describe(_normal(500, 3) @ _normal(3, 128, seed=1))
    assert found["effective_rank"] == pytest.approx(3, abs=0.2)
    assert health(found) == "dimensional collapse: the features use only about 3 directions"


def test_features_wider_than_there_are_images_may_be_healthy() -> None:
    assert health(describe(_normal(100, 2048))).startswith("healthy")


def test_views_that_agree_are_aligned() -> None:
    values = _normal(50, 8)
    assert alignment(values, 3 * values) == pytest.approx(0, abs=1e-12)
    assert alignment(values, -values) == pytest.approx(4)


def _with_eigenvalues(values: torch.Tensor, count: int) -> torch.Tensor:
    """Centred features whose covariance has these eigenvalues."""
    directions = _normal(count, len(values)).double()
    left = torch.linalg.qr(directions - directions.mean(dim=0)).Q
    right = torch.linalg.qr(_normal(len(values), len(values), seed=1).double()).Q
    return left * (values * (count - 1)).sqrt() @ right.T


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_the_decay_of_a_power_law_is_its_exponent(alpha: float) -> None:
    eigenvalues = torch.arange(1, 41).double() ** -alpha
    eigenvalues[:11] *= 5  # the largest ones do not take part
    found = decay(_with_eigenvalues(eigenvalues, 200) + 7)
    assert found == (pytest.approx(alpha), 40)


def test_the_decay_is_a_weighted_fit_to_the_logarithms() -> None:
    values = _normal(300, 150) * torch.linspace(3, 0.1, 150)
    place = np.arange(12, 101)
    spectrum_ = np.linalg.eigvalsh(np.cov(values.double().numpy().T))[::-1][11:100]
    slope = np.polyfit(np.log(place), np.log(spectrum_), 1, w=place**-0.5)[0]  # squares: 1 / i
    assert decay(values) == (pytest.approx(-slope), 100)


def test_too_few_dimensions_have_no_decay() -> None:
    assert decay(_normal(100, 13)) is None
    assert decay(_normal(14, 64)) is None  # 13 eigenvalues are not 0
    assert decay(torch.ones(50, 64)) is None
    assert decay(_normal(100, 14)) is not None


def test_lidar_is_that_of_its_definition() -> None:
    views = 0.3 * _normal(60 * 5, 6).view(60, 5, 6) + 0.2 * _normal(60, 6, seed=1)[:, None]
    views *= torch.tensor([1.0, 1.0, 2.0, 0.1, 0.01, 0.001])
    rows = views.double().numpy()
    means = rows.mean(axis=1)
    between = sum(np.outer(m, m) for m in means - means.mean(axis=0)) / 60
    within = sum(
        np.outer(v - m, v - m) for image, m in zip(rows, means, strict=True) for v in image
    ) / (60 * 5)
    root = scipy.linalg.inv(scipy.linalg.sqrtm(within + 1e-4 * np.eye(6)))
    values = scipy.linalg.eigvalsh(root @ between @ root)
    share = values / values.sum()
    expected = math.exp(-(share * np.log(share)).sum())
    assert 1 < expected < 6
    assert lidar(views) == pytest.approx(expected, rel=1e-8)


def test_lidar_counts_the_directions_that_views_leave_alone() -> None:
    images, noise = _normal(400, 3), _normal(400 * 8, 20, seed=1).view(400, 8, 20)
    views = torch.cat([images[:, None].expand(-1, 8, -1), noise], dim=2)
    assert lidar(views) == pytest.approx(3, abs=0.05)
    # Views in which nothing of the image is left agree by chance alone, in all directions alike.
    assert lidar(noise) == pytest.approx(20, rel=0.05)


def test_lidar_of_dead_features_is_one() -> None:
    assert lidar(torch.zeros(10, 4, 8)) == 1
