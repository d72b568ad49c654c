"""Metrics against scikit-learn, intervals by simulation."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score, top_k_accuracy_score

from lookalike.errors import NumericalError
from lookalike.evaluation.metrics import measure, ranks


def _scores(count: int, classes: int, skill: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    # Uneven classes, the last one absent.
    weight = torch.arange(1.0, classes)
    label = weight.multinomial(count, replacement=True, generator=generator)
    scores = torch.randn(count, classes, generator=generator)
    scores[torch.arange(count), label] += skill
    return scores, label


def test_agrees_with_scikit_learn_where_a_class_is_absent() -> None:
    scores, label = _scores(400, 12, 1.5, seed=0)
    found = measure(scores, label, seed=0)
    guess = scores.argmax(dim=1)
    assert list(found) == ["top-1", "top-5", "balanced"]
    assert found["top-1"].value == pytest.approx(accuracy_score(label, guess))
    expected = top_k_accuracy_score(label, scores, k=5, labels=range(12))
    assert found["top-5"].value == pytest.approx(expected)
    with pytest.warns(UserWarning, match="y_pred contains classes"):
        expected = balanced_accuracy_score(label, guess)
    assert found["balanced"].value == pytest.approx(expected)


def test_top_5_of_five_classes_says_nothing_and_is_left_out() -> None:
    scores, label = _scores(50, 5, 1.0, seed=0)
    assert "top-5" not in measure(scores, label, seed=0)


def test_equal_scores_count_like_argmax_and_not_as_right() -> None:
    label = torch.tensor([0, 1, 2, 3])
    assert ranks(torch.zeros(4, 4), label).tolist() == [0, 1, 2, 3]
    assert measure(torch.zeros(4, 4), label, seed=0)["top-1"].value == 0.25


def test_a_class_that_can_never_be_guessed_is_always_missed() -> None:
    scores = torch.tensor([[1.0, -math.inf], [1.0, -math.inf]])
    assert measure(scores, torch.tensor([0, 1]), seed=0)["top-1"].value == 0.5


def test_scores_that_are_no_numbers_are_an_error() -> None:
    with pytest.raises(NumericalError, match="not numbers"):
        measure(torch.full((3, 2), math.nan), torch.zeros(3, dtype=torch.long), seed=0)


def test_intervals_are_repeatable_and_depend_on_the_seed() -> None:
    scores, label = _scores(300, 8, 1.0, seed=1)
    once, again, other = (measure(scores, label, seed=seed) for seed in (0, 0, 1))
    assert once == again
    assert once["balanced"] != other["balanced"]
    assert once["balanced"].value == other["balanced"].value


def test_intervals_are_those_of_resampled_images() -> None:
    """A plain bootstrap, image by image, as the oracle of the multinomial one."""
    scores, label = _scores(200, 7, 1.0, seed=2)
    guess, found = scores.argmax(dim=1).numpy(), measure(scores, label, seed=0, resamples=20_000)
    generator, truth = np.random.default_rng(5), label.numpy()
    recalls, rights = [], []
    for _ in range(4000):
        chosen = generator.integers(200, size=200)
        y, right = truth[chosen], (guess == truth)[chosen]
        recalls.append(np.mean([right[y == each].mean() for each in np.unique(y)]))
        rights.append(right.mean())
    for name, values in (("balanced", recalls), ("top-1", rights)):
        low, high = np.quantile(values, (0.025, 0.975))
        assert found[name].low == pytest.approx(low, abs=0.008)
        assert found[name].high == pytest.approx(high, abs=0.008)


def test_95_of_100_intervals_hold_the_truth() -> None:
    """500 images, 10 classes, each class ranked with its own known odds; 1,000 test sets."""
    generator = np.random.default_rng(0)
    first, within = np.linspace(0.5, 0.9, 10), np.linspace(0.7, 0.95, 10)
    truth = {"top-1": first.mean(), "top-5": within.mean(), "balanced": first.mean()}
    held = dict.fromkeys(truth, 0)
    for trial in range(1000):
        label = generator.integers(10, size=500)
        chance = generator.random(500)
        rank = np.where(chance < first[label], 0, np.where(chance < within[label], 3, 8))
        scores = _ranked(torch.from_numpy(label), torch.from_numpy(rank))
        found = measure(scores, torch.from_numpy(label), seed=trial, resamples=1000)
        for name, value in truth.items():
            held[name] += found[name].low <= value <= found[name].high
    assert all(930 <= count <= 970 for count in held.values()), held


def _ranked(label: torch.Tensor, rank: torch.Tensor) -> torch.Tensor:
    """Scores under which `rank` wrong classes come before the true one."""
    wrong = torch.tensor([[c for c in range(10) if c != y] for y in range(10)])[label]
    order = torch.cat([wrong, wrong[:, :1]], dim=1)
    place = torch.arange(10)
    order = torch.where(place < rank[:, None], order, order.roll(1, dims=1))
    order[torch.arange(len(label)), rank] = label
    return torch.zeros(len(label), 10).scatter_(1, order, -place.float().expand(len(label), 10))
