"""Clusters against scikit-learn's metrics, all matchings, and features whose clusters are known."""

import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import Features
from lookalike.evaluation.neighbours.clustering import kmeans
from lookalike.evaluation.neighbours.contingency import (
    accuracy,
    adjusted_rand,
    matching,
    mutual_information,
    redrawn,
    tabulate,
)


def _blobs(per_class: int, classes: int, seed: int, noise: float = 0.1) -> Features:
    """Each class around a direction of its own, at lengths that do not matter."""
    generator = torch.Generator().manual_seed(seed)
    label = torch.arange(classes).repeat(per_class)
    values = torch.eye(classes, 16)[label]
    values = values + noise * torch.randn(values.shape, generator=generator)
    lengths = 10 ** (2 * torch.rand(len(label), 1, generator=generator) - 1)
    return Features(values * lengths, label, torch.arange(len(label)))


def _draw(count: int, kinds: int, seed: int) -> torch.Tensor:
    return torch.randint(kinds, (count,), generator=torch.Generator().manual_seed(seed))


def _nmi(label: list[int], cluster: list[int]) -> float:
    def entropy(values: list[Any]) -> float:
        shares = [count / len(values) for count in Counter(values).values()]
        return -sum(share * math.log(share) for share in shares)

    mean = (entropy(label) + entropy(cluster)) / 2
    return 2 - entropy(list(zip(label, cluster, strict=True))) / mean


@pytest.mark.parametrize(("classes", "clusters"), [(4, 4), (3, 7), (6, 2), (1, 1), (1, 3)])
def test_metrics_are_those_of_scikit_learn_and_of_all_matchings(
    classes: int, clusters: int
) -> None:
    label, chance = _draw(90, classes, seed=0), _draw(90, clusters, seed=1)
    cluster = torch.where(chance % 2 == 0, label % clusters, chance)
    table = tabulate(label, cluster, (classes, clusters))
    nmi = normalized_mutual_info_score(label, cluster)
    assert mutual_information(table).item() == pytest.approx(nmi, abs=1e-12)
    expected = adjusted_rand_score(label, cluster)
    assert adjusted_rand(table).item() == pytest.approx(expected, abs=1e-12)
    wide = max(classes, clusters)
    best = max(
        sum(order[c] == y for c, y in zip(cluster.tolist(), label.tolist(), strict=True))
        for order in itertools.permutations(range(wide))
    )
    assert accuracy(table, matching(table)).item() == pytest.approx(best / 90)


def test_chance_gives_an_adjusted_rand_index_around_zero() -> None:
    found = [
        adjusted_rand(tabulate(_draw(60, 3, seed), _draw(60, 3, seed + 100), (3, 3))).item()
        for seed in range(40)
    ]
    assert abs(np.mean(found)) < 0.01
    assert min(found) < 0


def test_redrawn_tables_vary_as_redrawn_images_do() -> None:
    label, chance = _draw(200, 4, seed=0), _draw(200, 4, seed=1)
    cluster = torch.where(chance == 0, chance, label)
    tables = list(redrawn(tabulate(label, cluster, (4, 4)), 2000, seed=0))
    fast = np.concatenate([mutual_information(table) for table in tables])
    generator = np.random.default_rng(1)
    slow = []
    for _ in range(400):
        rows = generator.integers(200, size=200)
        slow.append(_nmi(label[rows].tolist(), cluster[rows].tolist()))
    assert len(fast) == 2000
    assert fast.mean() == pytest.approx(np.mean(slow), abs=0.01)
    assert fast.std() == pytest.approx(np.std(slow), rel=0.15)


def test_classes_that_lie_apart_are_found() -> None:
    found = kmeans(_blobs(30, 5, seed=0), _blobs(20, 5, seed=1), classes=5)
    assert isinstance(found.result, dict)
    assert list(found.result) == ["NMI", "ARI", "cluster accuracy"]
    assert [each.value for each in found.result.values()] == pytest.approx([1, 1, 1])
    assert found.how["accuracy_matched_by_training_labels"] == 1


def test_intervals_lie_around_the_metric() -> None:
    found = kmeans(_blobs(30, 5, 0, noise=0.4), _blobs(20, 5, 1, noise=0.4), classes=5)
    assert isinstance(found.result, dict)
    for each in found.result.values():
        assert each.low < each.value < each.high < each.low + 0.3
        assert (each.low + each.high) / 2 == pytest.approx(each.value, abs=0.02)
    share = found.result["cluster accuracy"]
    half = 1.96 * (share.value * (1 - share.value) / 100) ** 0.5
    assert (share.high - share.low) / 2 == pytest.approx(half, rel=0.05)


def test_training_labels_change_no_metric() -> None:
    train, test = _blobs(30, 5, 0, noise=0.4), _blobs(20, 5, 1, noise=0.4)
    other = train._replace(label=train.label.flip(0).roll(7))
    assert kmeans(train, test, classes=5).result == kmeans(other, test, classes=5).result


def test_more_clusters_than_classes_leave_some_unmatched() -> None:
    found = kmeans(_blobs(30, 3, seed=0), _blobs(20, 3, seed=1), classes=3, clusters=6)
    assert isinstance(found.result, dict)
    assert found.how["clusters"] == 6
    assert found.result["NMI"].value < 0.95
    assert found.result["cluster accuracy"].value < 0.95


def test_collapsed_features_share_nothing_with_the_classes() -> None:
    train, test = (
        Features(torch.ones(40, 8), torch.arange(4).repeat(10), torch.arange(40)) for _ in "ab"
    )
    found = kmeans(train, test, classes=4)
    assert isinstance(found.result, dict)
    assert found.result["NMI"].value == pytest.approx(0, abs=1e-12)
    assert found.result["ARI"].value == pytest.approx(0, abs=1e-12)
    assert found.result["cluster accuracy"].value == pytest.approx(0.25)
    assert found.how["clusters_of_test_images"] == 1


def test_what_cannot_be_clustered_is_an_error() -> None:
    few = _blobs(2, 3, seed=0)
    with pytest.raises(DataError, match="6 training images cannot form 7 clusters"):
        kmeans(few, few, classes=3, clusters=7)
    with pytest.raises(UsageError, match="clusters=2"):
        kmeans(few, few, classes=1)
    with pytest.raises(UsageError, match="restarts=1"):
        kmeans(few, few, classes=3, restarts=0)
