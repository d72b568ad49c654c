"""Nearest neighbours against a slow loop in float64."""

import math

import pytest
import torch

from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import Features
from lookalike.evaluation.neighbours import knn as module
from lookalike.evaluation.neighbours.knn import knn


def _features(count: int, classes: int, seed: int, width: int = 16) -> Features:
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(classes, (count,), generator=generator)
    values = torch.randn(count, width, generator=generator) * 3
    values[:, 0] += label
    return Features(values, label, torch.arange(count))


def _slowly(
    train: Features, query: list[float], classes: int, k: int, temperature: float
) -> list[float]:
    def cosine(a: list[float], b: list[float]) -> float:
        inner = sum(x * y for x, y in zip(a, b, strict=True))
        return inner / math.hypot(*a) / math.hypot(*b)

    bank = train.values.double().tolist()
    near = sorted(
        ((cosine(query, row), y) for row, y in zip(bank, train.label.tolist(), strict=True)),
        reverse=True,
    )[:k]
    scores = [0.0] * classes
    for similarity, y in near:
        scores[y] += math.exp(similarity / temperature)
    return [score / sum(scores) for score in scores]


@pytest.mark.parametrize(("k", "temperature"), [(1, 0.07), (20, 0.07), (7, 0.5)])
def test_agrees_with_a_slow_loop(
    k: int, temperature: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BLOCK", 7 * 90)  # blocks of 7 queries
    train, test = _features(90, 4, seed=0), _features(25, 4, seed=1)
    found = knn(train, test, classes=4, k=k, temperature=temperature).result
    expected = [_slowly(train, row, 4, k, temperature) for row in test.values.double().tolist()]
    torch.testing.assert_close(found, torch.tensor(expected), atol=1e-4, rtol=1e-4)


def test_equally_near_images_vote_alike() -> None:
    """Every image four times: at k = 6 two copies of the second nearest vote, whichever they are."""
    bank, test = _features(30, 4, seed=0), _features(25, 4, seed=1)
    copies = Features(*(column.repeat(4, *[1] * (column.ndim - 1)) for column in bank))
    found = knn(copies, test, classes=4, k=6).result
    expected = [_slowly(copies, row, 4, 6, 0.07) for row in test.values.double().tolist()]
    torch.testing.assert_close(found, torch.tensor(expected), atol=1e-4, rtol=1e-4)
    shuffled = torch.randperm(120, generator=torch.Generator().manual_seed(0))
    other = knn(Features(*(column[shuffled] for column in copies)), test, classes=4, k=6).result
    torch.testing.assert_close(other, found)


def test_defaults_are_dinos() -> None:
    how = knn(_features(30, 4, seed=0), _features(5, 4, seed=1), classes=4).how
    assert (how["k"], how["temperature"]) == (20, 0.07)


def test_classes_that_the_test_images_lack_do_not_matter() -> None:
    train, test = _features(60, 5, seed=0), _features(40, 5, seed=1)
    whole = knn(train, test, classes=5).result
    few = test.label < 2
    part = knn(train, Features(*(column[few] for column in test)), classes=5).result
    torch.testing.assert_close(part, whole[few])
    assert part.shape == (int(few.sum()), 5)


def test_an_image_can_be_kept_from_voting_for_itself() -> None:
    train = _features(30, 3, seed=0)
    with_itself = knn(train, train, classes=3, k=1).result
    assert (with_itself.argmax(dim=1) == train.label).all()
    without = knn(train, train, classes=3, k=1, exclude_itself=True).result
    for i in range(30):
        rest = [j for j in range(30) if j != i]
        alone = Features(*(column[rest] for column in train))
        query = Features(*(column[i : i + 1] for column in train))
        torch.testing.assert_close(without[i : i + 1], knn(alone, query, classes=3, k=1).result)


def test_more_neighbours_than_images_is_said() -> None:
    train, test = _features(12, 3, seed=0), _features(5, 3, seed=1)
    few = knn(train, test, classes=3, k=20)
    assert few.how["k"] == 12
    assert few.how["k_asked"] == 20
    assert knn(train, train, classes=3, k=20, exclude_itself=True).how["k"] == 11
    assert "k_asked" not in knn(train, test, classes=3, k=12).how


def test_a_sharp_temperature_neither_overflows_nor_vanishes() -> None:
    train, test = _features(50, 3, seed=0), _features(50, 3, seed=1)
    sharp = knn(train, test, classes=3, temperature=1e-3).result
    assert sharp.isfinite().all()
    nearest = knn(train, test, classes=3, k=1).result
    assert (sharp.argmax(dim=1) == nearest.argmax(dim=1)).all()


def test_no_training_image_is_an_error() -> None:
    one = _features(1, 1, seed=0)
    with pytest.raises(DataError, match="need labelled training images"):
        knn(one, one, classes=1, exclude_itself=True)


@pytest.mark.parametrize("setting", [{"k": 0}, {"temperature": 0.0}])
def test_settings_out_of_range_are_an_error(setting: dict[str, float]) -> None:
    train = _features(10, 2, seed=0)
    with pytest.raises(UsageError, match="k=1 or more"):
        knn(train, train, classes=2, **setting)
