"""Calibration errors against a slow loop, and on probabilities that are known to be right."""

import math
from typing import Any

import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss

from lookalike.evaluation.features import Features
from lookalike.evaluation.probes.calibration import calibration, diagram, ece
from lookalike.evaluation.probes.linear import linear


def _simulated(count: int, sharpness: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities and labels drawn from them; then the probabilities are sharpened."""
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(count, 4, generator=generator, dtype=torch.float64)
    label = torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]
    return (sharpness * logits).softmax(1), label


def _slowly(probability: list[list[float]], label: list[int], bins: int) -> float:
    inside: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for row, truth in zip(probability, label, strict=True):
        confidence = max(row)
        edges = (number / bins for number in range(1, bins + 1))
        place = next(i for i, edge in enumerate(edges) if confidence <= edge + 1e-12)
        inside[place].append((confidence, row.index(confidence) == truth))
    error = 0.0
    for each in inside:
        if each:
            confidence = math.fsum(c for c, _ in each) / len(each)
            accuracy = sum(right for _, right in each) / len(each)
            error += len(each) / len(label) * abs(accuracy - confidence)
    return error


@pytest.mark.parametrize("bins", [1, 15])
@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_agrees_with_a_slow_loop(sharpness: float, bins: int) -> None:
    probability, label = _simulated(500, sharpness)
    expected = _slowly(probability.tolist(), label.tolist(), bins)
    assert ece(probability, label, bins) == pytest.approx(expected, abs=1e-12)


def test_a_confidence_on_an_edge_belongs_below() -> None:
    probability = torch.tensor([[0.75, 0.25], [0.5, 0.5]], dtype=torch.float64)
    rows = diagram(probability, torch.tensor([0, 1]), bins=4)
    assert [row["confidence"] for row in rows] == [0.5, 0.75]
    assert [row["accuracy"] for row in rows] == [0.0, 1.0]
    assert ece(probability, torch.tensor([0, 1]), bins=4) == pytest.approx((0.25 + 0.5) / 2)


def test_right_probabilities_have_no_error_and_sharpened_ones_do() -> None:
    assert ece(*_simulated(200_000, 1.0)) < 0.004
    assert ece(*_simulated(20_000, 3.0)) > 0.1


def _digits() -> tuple[Features, Features]:
    images, label = load_digits(return_X_y=True)
    whole = Features(
        torch.from_numpy(images).float(), torch.from_numpy(label), torch.arange(len(label))
    )
    return Features(*(c[:400] for c in whole)), Features(*(c[400:] for c in whole))


def test_the_probe_is_that_of_linear() -> None:
    train, test = _digits()
    outcome = calibration(train, test, classes=10)
    probe = linear(train, test, classes=10)
    shares = probe.result.double().softmax(1)
    error, likelihood, first = outcome.result.values()
    assert list(outcome.result) == ["ECE", "NLL", "top-1"]
    assert error.value == pytest.approx(_slowly(shares.tolist(), test.label.tolist(), 15))
    assert likelihood.value == pytest.approx(log_loss(test.label, shares))
    assert not likelihood.percent
    assert first.value == pytest.approx((shares.argmax(1) == test.label).double().mean().item())
    assert likelihood.low < likelihood.value < likelihood.high
    assert 0 <= error.low < error.high
    rows: list[dict[str, Any]] = outcome.how["bins"]
    assert sum(row["count"] for row in rows) == len(test.label)
    gaps = (row["count"] * abs(row["accuracy"] - row["confidence"]) for row in rows)
    assert sum(gaps) / len(test.label) == pytest.approx(error.value)
    assert outcome.how["penalty"] == probe.how["penalty"]


def test_a_class_without_training_images_costs_much_and_stays_a_number() -> None:
    train, test = _digits()
    few = train.label != 3
    outcome = calibration(Features(*(c[few] for c in train)), test, classes=10)
    share = (test.label == 3).double().mean().item()
    assert outcome.result["NLL"].value > share * -math.log(1e-12)
    assert math.isfinite(outcome.result["NLL"].high)
