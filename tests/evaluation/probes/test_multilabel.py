"""VOC2007's protocol: precision by a slow loop, and classifiers by scikit-learn's."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from lookalike.evaluation.probes.multilabel import (
    average_precision_11,
    mean_average_precision,
    one_vs_rest,
)


def _slowly(scores: list[float], target: list[int]) -> float:
    """Every threshold, every level; recalls in hundredths so that 0.3 is 3 of 10."""
    known = [(s, t) for s, t in zip(scores, target, strict=True) if t >= 0]
    positives = sum(t for _, t in known)
    points = []
    for threshold in {s for s, _ in known}:
        found = [t for s, t in known if s >= threshold]
        points.append((sum(found), sum(found) / len(found)))
    levels = (max(p for hits, p in points if 10 * hits >= r * positives) for r in range(11))
    return sum(levels) / 11


@pytest.mark.parametrize("seed", range(20))
def test_precision_agrees_with_a_slow_loop(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(40, generator=generator)
    if seed % 2:
        scores = scores.round()  # many equal ones
    target = torch.randint(-1, 2, (40,), generator=generator)
    found = average_precision_11(scores, target)
    assert found == pytest.approx(_slowly(scores.tolist(), target.tolist()))


def test_known_precisions() -> None:
    """One of two found first: recall 0 to 0.5 at precision 1 (6 levels), the rest at 2 of 4."""
    target = torch.tensor([1, 0, 0, 1])
    falling = torch.tensor([4.0, 3.0, 2.0, 1.0])
    assert average_precision_11(falling, target) == pytest.approx((6 + 5 * 0.5) / 11)
    assert average_precision_11(-falling, target) == pytest.approx((6 + 5 * 0.5) / 11)
    assert average_precision_11(torch.zeros(4), target) == pytest.approx(0.5)
    assert average_precision_11(falling, torch.tensor([1, -1, -1, 1])) == 1
    assert math.isnan(average_precision_11(falling, torch.tensor([0, 0, -1, 0])))


def _images(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    target = (torch.rand(count, 3, generator=generator) < 0.3).long()
    values = torch.randn(count, 8, generator=generator) * 2 + 1
    values[:, :3] += 2 * target
    target[torch.rand(count, 3, generator=generator) < 0.1] = -1
    return values, target


def test_the_mean_leaves_out_absent_classes_and_its_interval_is_the_bootstraps() -> None:
    scores, target = _images(80, 0)
    target[:, 1] = target[:, 1].clamp(max=0)
    found = mean_average_precision(scores[:, :3], target, seed=0)
    each = [average_precision_11(scores[:, c], target[:, c]) for c in (0, 2)]
    assert found.value == pytest.approx(sum(each) / 2)
    assert found.percent
    generator, drawn = np.random.default_rng(1), []
    for _ in range(300):
        rows = torch.from_numpy(generator.integers(80, size=80))
        pair = [average_precision_11(scores[rows, c], target[rows, c]) for c in (0, 2)]
        drawn.append(sum(pair) / 2)
    low, high = np.quantile(drawn, (0.025, 0.975))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.03)
    alone = mean_average_precision(scores[:, :3], target, seed=0, resamples=0)
    assert (alone.value, alone.low) == (found.value, found.value)


def test_the_classifiers_are_scikit_learns_and_the_validation_images_choose() -> None:
    (train, target), (val, val_target), (test, _) = (_images(120, seed) for seed in range(3))
    grid = (1000.0, 10.0, 0.1)
    found, how = one_vs_rest(train, target, val, val_target, test, grid=grid)

    def reference(values: torch.Tensor, shown: torch.Tensor, asked: torch.Tensor, rate: float):
        scale = StandardScaler().fit(values.double().numpy())
        columns = []
        for column in shown.T:
            known = column >= 0
            model = LogisticRegression(C=1 / rate, tol=1e-10, solver="newton-cg", max_iter=10**4)
            model.fit(scale.transform(values[known].double().numpy()), column[known].numpy())
            columns.append(model.decision_function(scale.transform(asked.double().numpy())))
        return torch.from_numpy(np.stack(columns, axis=1))

    quality = [
        mean_average_precision(reference(train, target, val, rate), val_target, seed=0).value
        for rate in grid
    ]
    assert how["grid_mAP"] == pytest.approx(quality, abs=0.01)
    assert how["penalty"] == grid[int(np.argmax(how["grid_mAP"]))]
    both, shown = torch.cat([train, val]), torch.cat([target, val_target])
    expected = reference(both, shown, test, how["penalty"])
    torch.testing.assert_close(found.double(), expected, atol=2e-3, rtol=2e-3)
