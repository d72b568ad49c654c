"""Retrieval against slow loops in float64 and against pytorch-metric-learning."""

import math

import pytest
import torch

from lookalike.errors import DataError
from lookalike.evaluation.features import Features
from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.neighbours import nearest as neighbours
from lookalike.evaluation.neighbours.nearest import neighbour_overlap
from lookalike.evaluation.neighbours.retrieval import retrieval


def _features(label: list[int], seed: int, width: int = 8) -> Features:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(len(label), width, generator=generator)
    labels = torch.tensor(label)
    values[:, 0] += labels
    return Features(values * 3, labels, torch.arange(len(label)))


def _unbalanced(seed: int) -> Features:
    label = [0] * 30 + [1] * 12 + [2] * 5 + [3] * 2 + [5]
    order = torch.randperm(len(label), generator=torch.Generator().manual_seed(9))
    return _features([label[i] for i in order.tolist()], seed)


def _nearest(rows: list[list[float]], i: int) -> list[int]:
    """All other rows, the nearest in angle first."""

    def cosine(j: int) -> float:
        inner = sum(a * b for a, b in zip(rows[i], rows[j], strict=True))
        return inner / math.hypot(*rows[i]) / math.hypot(*rows[j])

    return sorted((j for j in range(len(rows)) if j != i), key=cosine, reverse=True)


def _slowly(test: Features) -> dict[str, float]:
    rows, label = test.values.double().tolist(), test.label.tolist()
    found: dict[str, list[float]] = {}
    for i, own in enumerate(label):
        r = label.count(own) - 1
        if r == 0:
            continue
        right = [label[j] == own for j in _nearest(rows, i)]
        for k in (1, 5, 10):
            found.setdefault(f"recall@{k}", []).append(float(any(right[:k])))
        precision = [sum(right[: p + 1]) / (p + 1) for p in range(r) if right[p]]
        found.setdefault("mAP@R", []).append(sum(precision) / r)
        found.setdefault("R-precision", []).append(sum(right[:r]) / r)
    return {name: sum(each) / len(each) for name, each in found.items()}


def _metrics(test: Features) -> dict[str, Estimate]:
    result = retrieval(_features([0, 1], seed=5), test, classes=6).result
    assert isinstance(result, dict)
    return result


def test_agrees_with_a_slow_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK", 7 * 50)  # blocks of 7 images
    test = _unbalanced(seed=0)
    found, expected = _metrics(test), _slowly(test)
    assert list(found) == list(expected)
    for name, each in found.items():
        assert each.value == pytest.approx(expected[name], abs=1e-9)
        assert each.low < each.value <= each.high


def test_agrees_with_pytorch_metric_learning() -> None:
    pytest.importorskip("pytorch_metric_learning")
    from pytorch_metric_learning.distances import CosineSimilarity
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
    from pytorch_metric_learning.utils.inference import CustomKNN

    names = {
        "precision_at_1": "recall@1",
        "mean_average_precision_at_r": "mAP@R",
        "r_precision": "R-precision",
    }
    test = _unbalanced(seed=1)
    calculator = AccuracyCalculator(
        include=tuple(names),
        k="max_bin_count",
        device=torch.device("cpu"),
        knn_func=CustomKNN(CosineSimilarity()),
        kmeans_func=lambda *_: None,
    )
    expected, found = calculator.get_accuracy(test.values, test.label), _metrics(test)
    for theirs, ours in names.items():
        assert found[ours].value == pytest.approx(expected[theirs], abs=1e-6)


def test_an_image_alone_in_its_class_does_not_ask() -> None:
    test = _unbalanced(seed=0)
    found = retrieval(test, test, classes=6)
    assert found.how["left_out"] == "1 images that are the only one of their class"
    assert found.how["asked"] == "49 test images, each among the 49 others"


def test_the_interval_is_that_of_a_mean_over_images() -> None:
    test = _features([i % 3 for i in range(300)], seed=2)
    share = _metrics(test)["recall@1"]
    half = 1.96 * (share.value * (1 - share.value) / 300) ** 0.5
    assert (share.high - share.low) / 2 == pytest.approx(half, rel=0.1)


def test_flawless_neighbours_leave_some_doubt() -> None:
    label = torch.arange(4).repeat_interleave(25)
    found = _metrics(Features(torch.eye(4)[label], label, torch.arange(100)))
    for each in found.values():
        assert each.value == each.high == 1
        assert 0.94 < each.low < 0.99


def test_few_images_are_all_looked_at() -> None:
    found = _metrics(_features([0, 0, 1, 1], seed=0))
    assert found["recall@5"].value == found["recall@10"].value == 1


def test_classes_of_one_image_each_cannot_be_retrieved() -> None:
    lonely = _features([0, 1, 2], seed=0)
    with pytest.raises(DataError, match="two test images of a class"):
        retrieval(lonely, lonely, classes=3)


def test_neighbours_in_common_are_those_of_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK", 7 * 40)
    one = _features([0] * 40, seed=0).values
    two = torch.cat([one, _features([0] * 40, seed=1, width=5).values], dim=1)
    rows = one.double().tolist(), two.double().tolist()
    expected = [
        len(set(_nearest(rows[0], i)[:6]) & set(_nearest(rows[1], i)[:6])) / 6 for i in range(40)
    ]
    assert neighbour_overlap(one, two, k=6).tolist() == pytest.approx(expected)
    assert neighbour_overlap(one, 2 * one, k=6).tolist() == [1.0] * 40


def test_encoders_without_anything_in_common_overlap_by_chance() -> None:
    one, two = (_features([0] * 400, seed=seed, width=16).values[:, 1:] for seed in (0, 1))
    assert neighbour_overlap(one, two).mean() == pytest.approx(10 / 399, abs=0.01)
