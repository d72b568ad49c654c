"""Metrics against scikit-learn, intervals by exact odds and simulation."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import binom, binomtest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, top_k_accuracy_score
from torch.nn.functional import one_hot

from lookalike.errors import NumericalError
from lookalike.evaluation.metrics import Estimate, measure, ranks


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


def test_the_interval_of_balanced_accuracy_is_that_of_resampled_images() -> None:
    """A bootstrap image by image, with the image more, as the oracle of the multinomial one."""
    scores, label = _scores(200, 7, 1.0, seed=2)
    found = measure(scores, label, seed=0, resamples=20_000)
    present = label.unique().numpy()
    truth = np.concatenate([label.numpy(), present, present])
    right = np.concatenate([(scores.argmax(dim=1) == label).numpy(), present >= 0, present < 0])
    odds = np.concatenate([np.ones(200), np.full(2 * len(present), 0.5 / len(present))])
    generator = np.random.default_rng(5)
    recalls = []
    for _ in range(4000):
        chosen = generator.choice(len(truth), size=200, p=odds / odds.sum())
        y, hit = truth[chosen], right[chosen]
        recalls.append(np.mean([hit[y == each].mean() for each in np.unique(y)]))
    low, high = np.quantile(recalls, (0.025, 0.975))
    assert found["balanced"].low == pytest.approx(low, abs=0.008)
    assert found["balanced"].high == pytest.approx(high, abs=0.008)


@pytest.mark.parametrize("right", [0, 1, 210, 239, 240])
def test_the_interval_of_a_share_is_wilsons(right: int) -> None:
    label = torch.arange(240) % 8
    scores = one_hot(torch.where(torch.arange(240) < right, label, label ^ 1)).double()
    found = measure(scores, label, seed=0, resamples=1)["top-1"]
    expected = binomtest(right, 240).proportion_ci(0.95, method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_a_flawless_test_leaves_doubt() -> None:
    """0 mistakes in 450 images: the truth may well be below 99.5 %, and 100 % is no surprise."""
    label = torch.arange(450) % 10
    for estimate in measure(one_hot(label).double(), label, seed=0).values():
        assert estimate.value == estimate.high == 1
        assert 0.985 < estimate.low < 0.997


@pytest.mark.parametrize("images", [200, 1000, 5000])
@pytest.mark.parametrize("accuracy", [0.5, 0.9, 0.97])
def test_93_to_97_of_100_intervals_of_top_1_hold_the_truth(images: int, accuracy: float) -> None:
    """Exactly: an interval depends on the number of right images, which is binomial."""
    label = torch.zeros(images, dtype=torch.long)
    chance = binom.pmf(np.arange(images + 1), images, accuracy)
    held = 0.0
    for right in np.flatnonzero(chance > 1e-5):
        guess = (torch.arange(images) >= right).long()
        found = measure(one_hot(guess, 2).double(), label, seed=0, resamples=1)["top-1"]
        held += chance[right] * _holds(found, accuracy)
    assert 0.93 <= held <= 0.97


@pytest.mark.parametrize("accuracy", [0.5, 0.9, 0.97])
def test_93_to_97_of_100_intervals_of_balanced_accuracy_hold_the_truth(accuracy: float) -> None:
    """200 images of 10 classes, some harder than others; simulated test sets."""
    generator = np.random.default_rng(0)
    recall = accuracy + np.linspace(-0.02, 0.02, 10)
    held = 0
    for trial in range(500):
        label = generator.integers(10, size=200)
        guess = np.where(generator.random(200) < recall[label], label, (label + 1) % 10)
        scores, truth = one_hot(torch.from_numpy(guess), 10).double(), torch.from_numpy(label)
        held += _holds(measure(scores, truth, seed=trial, resamples=300)["balanced"], accuracy)
    assert 0.93 <= held / 500 <= 0.97


def _holds(found: Estimate, truth: float) -> bool:
    return found.low - 1e-9 <= truth <= found.high + 1e-9
