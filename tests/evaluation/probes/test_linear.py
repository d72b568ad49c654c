"""The linear protocols: what is chosen, on which images, and how well it does."""

import math

import pytest
import torch
from sklearn.datasets import load_digits

from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import Features
from lookalike.evaluation.probes.heads import Heads
from lookalike.evaluation.probes.linear import GRID, linear, linear_sgd
from lookalike.evaluation.probes.protocols import PROTOCOLS


def _digits() -> tuple[Features, Features]:
    images, label = load_digits(return_X_y=True)
    values, y = torch.from_numpy(images).float() / 16, torch.from_numpy(label)
    index = torch.arange(len(y))
    return Features(values[:1200], y[:1200], index[:1200]), Features(
        values[1200:], y[1200:], index[1200:]
    )


def _blobs(label: list[int], seed: int = 0) -> Features:
    y = torch.tensor(label)
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(len(y), 6, generator=generator) + 3 * torch.eye(6)[y]
    return Features(values, y, torch.arange(len(y)))


def _accuracy(scores: torch.Tensor, test: Features) -> float:
    return (scores.argmax(dim=1) == test.label).double().mean().item()


def test_the_grid_is_simclrs() -> None:
    assert len(GRID) == 45
    assert GRID[0] == pytest.approx(1e-6)
    assert GRID[-1] == pytest.approx(1e5)


def test_digits_are_read_by_both_protocols() -> None:
    train, test = _digits()
    exact, sgd = linear(train, test, classes=10), linear_sgd(train, test, classes=10)
    assert _accuracy(exact.result, test) > 0.91
    assert _accuracy(sgd.result, test) > 0.9
    assert len(exact.how["grid"]) == 45
    assert exact.how["converged"]


def test_the_best_penalty_on_the_held_out_images_is_taken_and_the_strongest_of_equals() -> None:
    train, test = _digits()
    how = linear(train, test, classes=10).how
    best = max(how["grid_accuracy"])
    tied = [s for s, a in zip(how["grid"], how["grid_accuracy"], strict=True) if a == best]
    assert how["penalty"] == max(tied)
    assert how["held_out"] == "240 of 1200 training images"


def test_test_images_choose_nothing() -> None:
    train, test = _digits()
    wrong = test._replace(label=(test.label + 1) % 10)
    right, misled = (linear(train, each, classes=10) for each in (test, wrong))
    torch.testing.assert_close(right.result, misled.result, rtol=0, atol=0)
    alone = Features(*(column[:1] for column in test))
    first = linear(train, alone, classes=10).result
    torch.testing.assert_close(first, right.result[:1])


def test_noise_calls_for_a_stronger_penalty_than_clean_classes() -> None:
    generator = torch.Generator().manual_seed(0)
    label = [i % 4 for i in range(120)]
    clean = _blobs(label)
    noisy = clean._replace(
        values=torch.cat([clean.values / 4, torch.randn(120, 300, generator=generator)], dim=1)
    )
    penalties = [linear(f, f, classes=4).how["penalty"] for f in (clean, noisy)]
    assert penalties[1] >= 10


def test_a_class_without_training_images_is_never_guessed() -> None:
    train, test = _blobs([0, 2, 4] * 20), _blobs([0, 1, 2, 3, 4] * 10, seed=1)
    outcome = linear(train, test, classes=6)
    assert set(outcome.result.argmax(dim=1).tolist()) <= {0, 2, 4}
    known = torch.isin(test.label, torch.tensor([0, 2, 4]))
    assert _accuracy(outcome.result[known], Features(*(c[known] for c in test))) > 0.9


def test_a_class_with_one_image_is_kept_for_fitting() -> None:
    outcome = linear(_blobs([0] * 10 + [1] * 10 + [2]), _blobs([2] * 5, seed=1), classes=3)
    assert outcome.how["held_out"] == "4 of 21 training images"
    assert outcome.result.isfinite().all()


@pytest.mark.parametrize("label", [[0, 1, 2], [1, 1, 1, 1]])
def test_too_few_labels_is_an_error_that_says_what_to_do(label: list[int]) -> None:
    train = _blobs(label)
    with pytest.raises(DataError, match="hold out 20% of the labelled images") as caught:
        linear(train, train, classes=3)
    assert "prototypes" in caught.value.do


def test_sgd_follows_the_paper() -> None:
    """The same training written out: zero start, Nesterov 0.9, cosine from 0.1 · batch / 256."""
    train, test = _digits()
    part = Features(*(column[:100] for column in train))
    found = linear_sgd(part, test, classes=10, epochs=3, batch=100)
    x, y = part.values.double(), torch.nn.functional.one_hot(part.label, 10).double()
    w, b = torch.zeros(64, 10).double(), torch.zeros(10).double()
    speed_w, speed_b = torch.zeros_like(w), torch.zeros_like(b)
    for update in range(3):
        error = ((x @ w + b).softmax(1) - y) / 100
        slope_w, slope_b = x.T @ error, error.sum(0)
        speed_w, speed_b = 0.9 * speed_w + slope_w, 0.9 * speed_b + slope_b
        rate = 0.1 * 100 / 256 * (1 + torch.cos(torch.tensor(torch.pi * update / 3)).item()) / 2
        w = w - rate * (slope_w + 0.9 * speed_w)
        b = b - rate * (slope_b + 0.9 * speed_b)
    expected = (test.values.double() @ w + b).float()
    torch.testing.assert_close(found.result, expected, atol=1e-4, rtol=1e-4)


def test_supcon_and_mae_follow_their_codes() -> None:
    """SupCon's steps without Nesterov; MAE's LARS, warm-up and batch norm, written out."""
    train, test = _digits()
    part = Features(*(column[:100] for column in train))
    y = torch.nn.functional.one_hot(part.label, 10).double()
    for name, epochs in (("supcon", 4), ("mae", 9)):
        found = linear_sgd(part, test, classes=10, protocol=name, epochs=epochs, batch=100).result
        paper = PROTOCOLS[name]
        x, unseen = part.values.double(), test.values.double()
        w, b = torch.zeros(64, 10).double(), torch.zeros(10).double()
        if name == "mae":
            keep = 0.9**epochs
            mean, spread = (1 - keep) * x.mean(0), keep + (1 - keep) * x.var(0)
            unseen = (unseen - mean) / (spread + 1e-6).sqrt()
            x = (x - x.mean(0)) / (x.var(0, correction=0) + 1e-6).sqrt()
            w = (
                Heads(torch.clone, paper, (1,), width=64, classes=10, seed=0)
                .weights[0]
                .detach()
                .T.double()
            )
            assert w.std() == pytest.approx(0.01, rel=0.1)
        speed_w, speed_b = torch.zeros_like(w), torch.zeros_like(b)
        for update in range(epochs):
            error = ((x @ w + b).softmax(1) - y) / 100
            slope = x.T @ error
            slope *= 0.001 * w.norm() / slope.norm() if name == "mae" else 1
            speed_w, speed_b = 0.9 * speed_w + slope, 0.9 * speed_b + error.sum(0)
            if name == "mae":  # 1 of 9 updates warms up, then half a cosine
                cosine = (1 + math.cos(math.pi * (update - 1) / 8)) / 2
                rate = 0.1 * 100 / 256 * (cosine if update else 0)
            else:  # from 60 % of the epochs on a fifth, from 75 % a fifth of that
                rate = 2.5 * 100 / 256 * (1, 1, 1, 0.04)[update]
            w, b = w - rate * speed_w, b - rate * speed_b
        torch.testing.assert_close(found, (unseen @ w + b).float(), atol=2e-4, rtol=1e-3)


def test_supcons_rmsprop_is_tensorflows() -> None:
    """The mean square begins at 1, ε is inside its root, the rate inside the momentum."""
    train, test = _digits()
    part = Features(*(column[:100] for column in train))
    setting = {"classes": 10, "protocol": "supcon-imagenet", "epochs": 15, "batch": 100}
    found = linear_sgd(part, test, **setting).result
    x, y = part.values.double(), torch.nn.functional.one_hot(part.label, 10).double()
    layer = torch.zeros(65, 10).double()
    x = torch.cat((x, torch.ones(100, 1)), 1)
    square, speed = torch.ones_like(layer), torch.zeros_like(layer)
    decay = torch.cat((torch.full((64, 1), 1e-6), torch.zeros(1, 1))).double()
    for update in range(15):  # two of them warm up; each is six epochs of ninety, twelve falls
        slope = x.T @ ((x @ layer).softmax(1) - y) / 100 + decay * layer
        rate = 0.05 * 100 / 256 * (update / 2 if update < 2 else 0.97 ** (12 * (update - 2)))
        square = 0.9 * square + 0.1 * slope.square()
        speed = 0.9 * speed + rate * slope / (square + 0.001).sqrt()
        layer = layer - speed
    expected = test.values.double() @ layer[:64] + layer[64]
    torch.testing.assert_close(found, expected.float(), atol=1e-4, rtol=1e-3)


def test_byols_rate_is_chosen_on_held_out_images() -> None:
    train, test = _digits()
    setting = {"classes": 10, "protocol": "byol", "epochs": 5}
    outcome = linear_sgd(train, test, **setting)
    rates = dict(outcome.how["accuracy_of_rates"])
    assert list(rates) == [0.4, 0.3, 0.2, 0.1, 0.05]
    assert outcome.how["rate"] == max(rates, key=rates.__getitem__)  # of a batch of 256
    wrong = test._replace(label=(test.label + 1) % 10)
    torch.testing.assert_close(linear_sgd(train, wrong, **setting).result, outcome.result)
    with pytest.raises(DataError, match="hold out 20%"):
        linear_sgd(_blobs([0, 1]), _blobs([0, 1]), **setting)


def test_neither_protocol_touches_global_randomness() -> None:
    train = _blobs([0, 1] * 20)
    state = torch.get_rng_state()
    for protocol in (linear, linear_sgd):
        protocol(train, train, classes=2)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("setting", [{"held_out": 0.0}, {"held_out": 1.0}])
def test_settings_out_of_range_are_an_error(setting: dict[str, float]) -> None:
    train = _blobs([0, 1] * 20)
    with pytest.raises(UsageError):
        linear(train, train, classes=2, **setting)


@pytest.mark.parametrize("setting", [{"epochs": 0}, {"batch": 0}])
def test_an_sgd_protocol_without_updates_is_an_error(setting: dict[str, int]) -> None:
    train = _blobs([0, 1] * 20)
    with pytest.raises(UsageError, match="epochs=1 and batch=1"):
        linear_sgd(train, train, classes=2, **setting)
