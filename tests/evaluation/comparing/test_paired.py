"""Paired tests against scipy, and against every possible swap."""

import itertools

import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from torch import Tensor

from lookalike.evaluation.comparing.paired import (
    Metric,
    class_weights,
    difference,
    interval,
    mcnemar,
    permutation,
)


def _two(count: int, seed: int, *, odds: tuple[float, float] = (0.8, 0.7)) -> tuple[Tensor, ...]:
    """Which images two classifiers get right, and the uneven classes of the images."""
    generator = torch.Generator().manual_seed(seed)
    first, second = (torch.rand(count, generator=generator) < p for p in odds)
    weight = torch.tensor([4.0, 2.0, 0.0, 1.0])  # one class does not occur
    return first, second, weight.multinomial(count, replacement=True, generator=generator)


@pytest.mark.parametrize("seed", range(8))
def test_mcnemar_is_the_binomial_test(seed: int) -> None:
    first, second, _ = _two(30 * (seed + 1), seed)
    alone = int((first & ~second).sum()), int((second & ~first).sum())
    assert mcnemar(first, second) == pytest.approx(binomtest(alone[0], sum(alone)).pvalue)
    assert mcnemar(first, second) == mcnemar(second, first)


def test_no_difference_is_no_evidence() -> None:
    right, _, label = _two(50, 0)
    assert mcnemar(right, right) == 1
    assert permutation(right.double(), right.double(), class_weights(label)) == 1
    tie = difference(right, right, label, "top-1")
    assert (tie.estimate.value, tie.p) == (0, 1)
    assert -0.06 < tie.estimate.low <= 0 <= tie.estimate.high < 0.06


def _every_swap(first: Tensor, second: Tensor, weight: Tensor) -> float:
    """The share of all 2ⁿ swaps that make the difference as large as it is."""
    change = (weight * (first - second)).tolist()
    signs = itertools.product((1, -1), repeat=len(change))
    sums = [abs(sum(s * c for s, c in zip(each, change, strict=True))) for each in signs]
    return float(np.mean(np.array(sums) >= abs(sum(change)) - 1e-12))


@pytest.mark.parametrize("seed", range(4))
def test_permutations_are_all_swaps(seed: int) -> None:
    first, second, label = _two(12, seed, odds=(0.8, 0.4))
    weight = class_weights(label)
    found = permutation(first.double(), second.double(), weight, seed=seed)
    exact = _every_swap(first.double(), second.double(), weight)
    assert found == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 1e5) ** 0.5 + 2e-5)


def test_permutations_of_any_number_for_each_image() -> None:
    """Such as a loss: no two images change the difference alike."""
    first, second = torch.randn(2, 11, generator=torch.Generator().manual_seed(3)).double()
    weight = torch.full((11,), 1 / 11, dtype=torch.float64)
    found = permutation(first + 0.5, second, weight)
    assert found == pytest.approx(_every_swap(first + 0.5, second, weight), abs=0.006)


@pytest.mark.parametrize("seed", range(3))
def test_permutations_of_top_1_are_mcnemar(seed: int) -> None:
    first, second, _ = _two(300, seed, odds=(0.75, 0.68))
    even = torch.full((300,), 1 / 300, dtype=torch.float64)
    exact = mcnemar(first, second)
    found = permutation(first.double(), second.double(), even, seed=seed)
    assert found == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 1e5) ** 0.5 + 2e-5)


def test_the_p_of_a_certain_difference_is_small_and_never_0() -> None:
    right = torch.ones(400, dtype=torch.bool)
    label = torch.arange(400) % 7
    assert permutation(right.double(), 0 * right.double(), class_weights(label)) == 1 / 100_001
    assert 0 < mcnemar(right, ~right) < 1e-100


def test_equal_classifiers_are_called_different_once_in_twenty() -> None:
    pairs = [_two(400, seed, odds=(0.7, 0.7)) for seed in range(1000)]
    found = [mcnemar(first, second) for first, second, _ in pairs]
    assert 20 <= sum(p <= 0.05 for p in found) <= 60  # the exact test is a little cautious


def test_class_weights_make_the_mean_over_classes() -> None:
    right, _, label = _two(60, 1)
    recalls = [right[label == each].double().mean().item() for each in label.unique()]
    assert (class_weights(label) * right).sum().item() == pytest.approx(np.mean(recalls))


@pytest.mark.parametrize("metric", ["top-1", "balanced"])
def test_the_interval_is_that_of_resampled_images(metric: Metric) -> None:
    """A bootstrap image by image, with half an image more on either side."""
    first, second, label = (each.numpy() for each in _two(150, 2))
    found = interval(*map(torch.from_numpy, (first, second, label)), metric, resamples=20_000)
    classes = np.unique(label)
    gain = np.concatenate([first.astype(int) - second, np.ones(3), -np.ones(3)])
    label = np.concatenate([label, classes, classes])
    odds = np.concatenate([np.ones(150), np.full(6, 0.5 / 3)])
    generator, drawn = np.random.default_rng(0), []
    for _ in range(4000):
        rows = generator.choice(156, size=150, p=odds / odds.sum())
        parts = [gain[rows][label[rows] == each].mean() for each in np.unique(label[rows])]
        drawn.append(gain[rows].mean() if metric == "top-1" else np.mean(parts))
    assert found.low == pytest.approx(np.quantile(drawn, 0.025), abs=0.012)
    assert found.high == pytest.approx(np.quantile(drawn, 0.975), abs=0.012)
    assert found.low < found.value < found.high


@pytest.mark.parametrize("metric", ["top-1", "balanced"])
def test_93_to_97_of_100_intervals_of_the_difference_hold_the_truth(metric: Metric) -> None:
    """Two classifiers that differ on 10 % of 400 images, by 4 points."""
    generator = torch.Generator().manual_seed(0)
    held = 0
    for seed in range(800):
        chance = torch.rand(400, generator=generator)
        first, second = chance < 0.87, (chance >= 0.07) & (chance < 0.9)
        label = torch.randint(5, (400,), generator=generator)
        found = interval(first, second, label, metric, seed=seed, resamples=500)
        held += found.low - 1e-9 <= 0.04 <= found.high + 1e-9
    assert 0.93 * 800 <= held <= 0.97 * 800
