"""Few labels: which are drawn, what is predicted from them, and the interval of the mean."""

import math

import pytest
import torch
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import StandardScaler

from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import Features
from lookalike.evaluation.probes.drawing import draw_labels, draw_share, places
from lookalike.evaluation.probes.few_labels import few_labels, prototypes
from lookalike.evaluation.probes.linear import GRID


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


def test_a_share_is_balanced_as_in_simclrs_lists() -> None:
    """1 % of ImageNet is 12,811 images: 13 of 811 classes and 12 of the others (here 1 of 10)."""
    label = torch.arange(128_120) % 100
    chosen = draw_share(label, 0.01, seed=0, draw=0)
    assert len(chosen) == len(chosen.unique()) == 1281
    of_class = label[chosen].bincount(minlength=100)
    assert of_class.bincount().tolist() == [0] * 12 + [19, 81]
    assert (label[draw_share(label, 0.01, 0, 1)].bincount() != of_class).any()
    uneven = torch.tensor([0] * 90 + [1] * 4 + [3] * 6)
    few = draw_share(uneven, 0.3, seed=0, draw=0)  # 10 of each, and 1 has 4, 3 has 6
    assert uneven[few].bincount().tolist() == [10, 4, 0, 6]
    least = draw_share(uneven, 0.01, seed=0, draw=0)
    assert uneven[least].tolist() == [0, 1, 3]


def test_places_count_within_classes() -> None:
    assert places(torch.tensor([3, 1, 2])).tolist() == [0, 1, 2, 0, 0, 1]


@pytest.mark.parametrize("labels", ["1", "10%"])
def test_the_probe_from_few_labels_is_scikit_learns(labels: str) -> None:
    train, test = _digits()
    outcome = few_labels(train, test, classes=10, labels=labels, draws=2, seed=3)
    scale = StandardScaler().fit(train.values.double().numpy())
    for draw in range(2):
        strength = outcome.how["penalties"][draw]
        if labels == "1":
            rows = draw_labels(train.label, 1, 3, draw).flatten()
            assert strength == 1
        else:
            rows = draw_share(train.label, 0.1, 3, draw)
            assert strength in GRID
        model = LogisticRegression(C=1 / strength, tol=1e-9, solver="newton-cg", max_iter=10**4)
        model.fit(scale.transform(train.values[rows].double().numpy()), train.label[rows].numpy())
        guess = model.predict(scale.transform(test.values.double().numpy()))
        assert outcome.how["accuracy_of_draws"][draw] == pytest.approx(
            accuracy_score(test.label, guess), abs=0.002
        )
    title = "1 label per class" if labels == "1" else "10 % of the labels"
    assert list(outcome.result) == [f"top-1 from {title}"]
    assert outcome.how["labelled_images"] == (10 if labels == "1" else 130)


def test_the_strength_is_chosen_by_cross_validation_within_the_labels() -> None:
    """Written out: of 5 labels per class each is held out once, and no other image is looked at."""
    train, test = _digits()
    outcome = few_labels(train, test, classes=10, labels="5", draws=2)
    rows = draw_labels(train.label, 5, 0, 0)
    scale = StandardScaler().fit(train.values.double().numpy())
    x, y = scale.transform(train.values.double().numpy()), train.label.numpy()

    def hits(strength: float) -> int:
        total = 0
        for fold in range(5):
            rest = rows[:, [i for i in range(5) if i != fold]].flatten().numpy()
            held = rows[:, fold].numpy()
            model = LogisticRegression(C=1 / strength, solver="newton-cg", max_iter=10**4)
            total += int((model.fit(x[rest], y[rest]).predict(x[held]) == y[held]).sum())
        return total

    strength = outcome.how["penalties"][0]
    assert hits(strength) >= max(hits(10.0**power) for power in (-1, 1, 3)) - 1
    misled = test._replace(label=(test.label + 1) % 10)
    again = few_labels(train, misled, classes=10, labels="5", draws=2)
    assert again.how["penalties"] == outcome.how["penalties"]


def test_more_labels_help_the_probe_and_its_metric_says_how_many() -> None:
    train, test = _digits()
    found = {
        labels: few_labels(train, test, classes=10, labels=labels, draws=3)
        for labels in ("1", "10")
    }
    names = [next(iter(outcome.result)) for outcome in found.values()]
    assert names == [
        "top-1 from 1 label per class",
        "top-1 from 10 labels per class",
    ]
    one, ten = (next(iter(outcome.result.values())) for outcome in found.values())
    assert one.value < ten.value
    draws = found["10"].how["accuracy_of_draws"]
    low, high = stats.t.interval(0.95, 2, loc=sum(draws) / 3, scale=stats.sem(draws))
    assert (ten.low, ten.high) == pytest.approx((low, high))


def test_the_probe_needs_enough_labels_and_draws() -> None:
    features = Features(torch.eye(6), torch.tensor([0, 0, 0, 1, 1, 1]), torch.arange(6))
    with pytest.raises(DataError, match="5 labelled images per class are asked for"):
        few_labels(features, features, classes=2, labels="5")
    with pytest.raises(UsageError, match="2 draws"):
        few_labels(features, features, classes=2, draws=1)
    alone = features._replace(label=torch.zeros(6, dtype=torch.int64))
    with pytest.raises(DataError, match="only one"):
        few_labels(alone, alone, classes=2)
