"""Numbers beside the loss, against slow loops."""

import math

import pytest
import torch
from torch.nn.functional import normalize as unit

from lookalike.losses import agreement
from lookalike.losses.agreement import contrastive_accuracy, entropy, same_class


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "BLOCK", 3)


def test_accuracy_and_entropy_are_those_of_the_softmax() -> None:
    torch.manual_seed(0)
    keys = torch.randn(11, 5, dtype=torch.float64)
    first = (keys + 0.8 * torch.randn(11, 5, dtype=torch.float64))[4:9]
    right, spread = 0, 0.0
    for i, row in enumerate(first):
        scores = [float(unit(row, dim=0) @ unit(key, dim=0)) / 0.3 for key in keys]
        total = sum(map(math.exp, scores))
        shares = [math.exp(score) / total for score in scores]
        right += max(range(11), key=shares.__getitem__) == i + 4
        spread -= sum(share * math.log(share) for share in shares)
    assert 0 < right < 5
    assert contrastive_accuracy(first, keys, 4).item() == pytest.approx(right / 5)
    assert entropy(first, keys, 0.3).item() == pytest.approx(spread / 5)


def test_entropy_of_equal_rows_is_that_of_table_5() -> None:
    """Uniform over 4096 examples: ln 4096 = 8.318."""
    rows = torch.ones(4096, 2)
    assert entropy(rows[:4], rows, 0.1).item() == pytest.approx(8.318, abs=1e-3)


def test_same_class() -> None:
    everyone = torch.tensor([0, 1, 0, -1, 0, 2, -1, 1])
    counts = {0: 2, 1: 1, 2: 0}
    known = [label for label in everyone.tolist() if label >= 0]
    exact = sum(counts[label] / (len(known) - 1) for label in known) / len(known)
    assert same_class(everyone, everyone).item() == pytest.approx(exact)
    parts = [same_class(everyone[:3], everyone) * 3, same_class(everyone[3:], everyone) * 3]
    assert sum(parts).item() / 6 == pytest.approx(exact)
    assert same_class(torch.full((4,), -1), everyone).isnan()
