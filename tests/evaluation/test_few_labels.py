"""Prototypes: which labels are drawn, what is predicted, and the interval of the mean."""

import math

import pytest
import torch
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score

from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import Features
from lookalike.evaluation.few_labels import draw_labels, prototypes


def _digits() -> tuple[Features, Features]:
    images, label = load_digits(return_X_y=True)
    whole = Features(
        torch.from_numpy(images).float(), torch.from_numpy(label), torch.arange(len(label))
    )
    return Features(*(c[:1300] for c in whole)), Features(*(c[1300:] for c in whole))


@pytest.mark.parametrize("shots", [1, 4])
def test_every_draw_has_as_many_of_each_class(shots: int) -> None:
    label = torch.tensor([2, 0, 0, 2, 5, 5, 5, 0, 2, 2, 0, 5] * 5)
    chosen = draw_labels(label, shots, seed=0, draw=3)
    assert label[chosen].tolist() == [[0] * shots, [2] * shots, [5] * shots]
    assert len(chosen.unique()) == 3 * shots


def test_draws_are_uniform_differ_and_repeat() -> None:
    label = torch.tensor([0] * 5 + [1] * 5)
    drawn = torch.stack([draw_labels(label, 2, seed=0, draw=draw) for draw in range(1000)])
    counts = drawn.flatten().bincount(minlength=10)
    assert (counts - 400).abs().max() < 5 * math.sqrt(1000 * 0.4 * 0.6)
    assert torch.equal(draw_labels(label, 2, seed=0, draw=7), drawn[7])
    other = torch.stack([draw_labels(label, 2, seed=1, draw=draw) for draw in range(1000)])
    assert (drawn != other).any()


def test_all_labels_give_the_nearest_mean_in_angle() -> None:
    """With as many shots as images the draw does not matter: a plain loop is the oracle."""
    train, test = _digits()
    even = torch.cat([(train.label == c).nonzero()[:50, 0] for c in range(10)])
    train = Features(*(column[even] for column in train))
    outcome = prototypes(train, test, classes=10, shots=50, draws=2)
    unit = train.values.double() / train.values.double().norm(dim=1, keepdim=True)
    means = torch.stack([unit[train.label == c].mean(0) for c in range(10)])
    guess = [
        max(range(10), key=lambda c, row=row: (row @ means[c] / means[c].norm()).item())
        for row in test.values.double()
    ]
    (estimate,) = outcome.result.values()
    assert estimate.value == pytest.approx(accuracy_score(test.label, guess))
    assert estimate.low == estimate.high == estimate.value


def test_more_labels_help_and_the_interval_is_students() -> None:
    train, test = _digits()
    one, ten = (prototypes(train, test, classes=10, shots=shots) for shots in (1, 10))
    (few,), (many,) = one.result.values(), ten.result.values()
    assert list(one.result) == ["top-1 from 1 label per class"]
    assert list(ten.result) == ["top-1 from 10 labels per class"]
    assert 0.5 < few.high < many.low
    draws = one.how["accuracy_of_draws"]
    assert len(draws) == 20
    low, high = stats.t.interval(0.95, 19, loc=sum(draws) / 20, scale=stats.sem(draws))
    assert few.value == pytest.approx(sum(draws) / 20)
    assert (few.low, few.high) == pytest.approx((low, high))


def test_a_class_without_training_images_is_always_missed() -> None:
    train, test = _digits()
    few = train.label != 3
    outcome = prototypes(Features(*(c[few] for c in train)), test, classes=10, shots=20)
    threes = Features(*(c[test.label == 3] for c in test))
    alone = prototypes(Features(*(c[few] for c in train)), threes, classes=10, shots=20)
    assert next(iter(alone.result.values())).value == 0
    assert next(iter(outcome.result.values())).value > 0.5


def test_too_few_labels_is_an_error() -> None:
    features = Features(torch.eye(5), torch.tensor([0, 0, 0, 1, 1]), torch.arange(5))
    with pytest.raises(DataError, match="3 labelled images per class are asked for") as caught:
        prototypes(features, features, classes=2, shots=3)
    assert "shots=2" in caught.value.do
    with pytest.raises(UsageError, match="at least 1 label"):
        prototypes(features, features, classes=2, shots=0)
    with pytest.raises(UsageError, match="2 draws"):
        prototypes(features, features, classes=2, draws=1)
