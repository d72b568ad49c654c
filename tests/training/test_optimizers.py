"""LARS against worked steps, and which tensors are left alone."""

import pytest
import torch
from torch import nn

from lookalike.training.optimizers import LARS, adamw, lars, parameter_groups, sgd

FORMS = [
    # gradient, decay, rates, w after each step
    ((0.6, 0.8), 0.01, (0.5, 0.5), [(2.9985, 3.998), (2.99565075, 3.99420100)]),
    ((0.8, -0.6), 0.1, (0.5, 0.25), [(2.997540325, 4.000447214), (2.994097055, 4.001073263)]),
]


@pytest.mark.parametrize(("gradient", "decay", "rates", "expected"), FORMS)
def test_lars_worked_steps(
    gradient: tuple[float, float],
    decay: float,
    rates: tuple[float, float],
    expected: list[tuple[float, float]],
) -> None:
    w = nn.Parameter(torch.tensor([3.0, 4.0], dtype=torch.float64))
    optimizer = LARS([w], momentum=0.9, weight_decay=decay, trust=0.001)
    for rate, after in zip(rates, expected, strict=True):
        w.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        assert w.tolist() == pytest.approx(after, abs=1e-8)


def test_lars_leaves_excluded_tensors_to_plain_momentum() -> None:
    w = nn.Parameter(torch.tensor([3.0, 4.0], dtype=torch.float64))
    groups = [{"params": [w], "weight_decay": 0.0, "adapt": False}]
    optimizer = LARS(groups, momentum=0.9, weight_decay=0.1, trust=0.001)
    for rate, after in [(0.5, (2.6, 4.3)), (0.25, (2.04, 4.72))]:
        w.grad = torch.tensor([0.8, -0.6], dtype=torch.float64)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        assert w.tolist() == pytest.approx(after, abs=1e-12)


def test_lars_moves_a_tensor_of_zeros() -> None:
    w = nn.Parameter(torch.zeros(2))
    optimizer = LARS([w], momentum=0.0, weight_decay=0.1, trust=0.001)
    w.grad = torch.ones(2)
    optimizer.param_groups[0]["lr"] = 0.5
    optimizer.step()
    assert w.tolist() == [-0.5, -0.5]


@pytest.mark.parametrize("build", [sgd, adamw, lars])
def test_biases_and_norms_do_not_decay(build) -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.LayerNorm(2), nn.Linear(2, 2))
    optimizer = build(parameter_groups(module), weight_decay=0.5)
    decayed, excluded = optimizer.param_groups
    assert [p.ndim for p in decayed["params"]] == [4, 2]
    assert len(excluded["params"]) == 6
    assert (decayed["weight_decay"], excluded["weight_decay"]) == (0.5, 0.0)


def test_every_trainable_parameter_stands_in_one_group() -> None:
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    module[0].bias.requires_grad_(False)
    groups = parameter_groups(module)
    chosen = [p for group in groups for p in group["params"]]
    assert {id(p) for p in chosen} == {id(p) for p in module.parameters() if p.requires_grad}
    assert len(chosen) == 3
