"""timm's optimizers: the rule of SupCon's second stage, exclusions, and resuming each of them."""

from pathlib import Path

import pytest
import timm.optim
import torch
from torch import nn

from lookalike.errors import UsageError
from lookalike.training import checkpoint
from lookalike.training.from_timm import timm as by_name
from lookalike.training.optimizers import parameter_groups

# Counts as tensors, as numbers of a parameter, as a tensor of the group, and as a switch.
KINDS = ["adopt", "rmsproptf", "adabelief", "adafactor", "adan", "lamb", "laprop", "lion", "muon"]
# kron compiles for seconds before it is refused.
NAMES = [name for name in timm.optim.list_optimizers() if "kron" not in name]

Pair = tuple[nn.Module, torch.optim.Optimizer]


def make(algorithm: str, seed: int) -> Pair:
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(288, 4))
    module = module.to(memory_format=torch.channels_last)
    optimizer = by_name(parameter_groups(module), algorithm=algorithm, weight_decay=1e-3)
    return module, optimizer


def advance(pair: Pair, updates: range) -> list[float]:
    module, optimizer = pair
    losses = []
    for update in updates:
        for group in optimizer.param_groups:
            group["lr"] = 0.01 + 0.001 * update
        x = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(update))
        loss = module(x.to(memory_format=torch.channels_last)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def check_resuming(algorithm: str, folder: Path) -> None:
    pair = make(algorithm, seed=0)
    advance(pair, range(3))
    checkpoint.save(folder, 3, *pair)
    other = make(algorithm, seed=1)
    assert checkpoint.restore(folder, *other) == 3
    assert advance(other, range(3, 7)) == advance(pair, range(3, 7))
    for one, two in zip(pair[0].state_dict().values(), other[0].state_dict().values(), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("algorithm", KINDS)
def test_goes_on_with_the_same_bytes(algorithm: str, tmp_path: Path) -> None:
    check_resuming(algorithm, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("algorithm", NAMES)
def test_each_goes_on_with_the_same_bytes_or_is_refused(algorithm: str, tmp_path: Path) -> None:
    try:
        make(algorithm, seed=0)
    except UsageError:
        assert algorithm not in KINDS
    else:
        check_resuming(algorithm, tmp_path)


@pytest.mark.parametrize("algorithm", ["lamb", "adabelief", "muon"])
def test_what_is_put_away_does_not_change_the_steps(algorithm: str) -> None:
    module, ours = make(algorithm, seed=0)
    losses = advance((module, ours), range(5))
    plain, _ = make(algorithm, seed=0)
    groups = parameter_groups(plain)
    other = timm.optim.create_optimizer_v2(groups, algorithm, lr=0.0, weight_decay=1e-3)
    assert advance((plain, other), range(5)) == losses


def test_supcons_rmsprop() -> None:
    """TensorFlow's: the mean square starts at 1, epsilon is in the root, the rate in the momentum."""
    w = nn.Parameter(torch.tensor([2.0, -1.0], dtype=torch.float64))
    settings = {"algorithm": "rmsproptf", "weight_decay": 0.1, "eps": 0.001}
    optimizer = by_name([{"params": [w]}], **settings)
    value, square, speed = w.detach().clone(), torch.ones(2), torch.zeros(2)
    for rate, gradient in [(0.5, [0.3, -0.2]), (0.1, [0.1, 0.4]), (0.2, [-0.5, 0.2])]:
        optimizer.param_groups[0]["lr"] = rate
        w.grad = torch.tensor(gradient, dtype=torch.float64)
        g = w.grad + 0.1 * value
        optimizer.step()
        square = 0.9 * square + 0.1 * g**2
        speed = 0.9 * speed + rate * g / (square + 0.001).sqrt()
        value = value - speed
        assert torch.allclose(w, value, rtol=1e-12)


def test_biases_and_norms_do_not_decay() -> None:
    _, optimizer = make("lamb", seed=0)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [1e-3, 0.0]
    assert [len(group["params"]) for group in optimizer.param_groups] == [2, 4]


def test_unknown_names() -> None:
    with pytest.raises(UsageError, match=r"no optimizer 'lambs'[\s\S]*Did you mean 'lamb'"):
        make("lambs", seed=0)


@pytest.mark.parametrize("algorithm", ["adahessian", "sgdc", "bnbadam", "adafactorbv"])
def test_refuses_what_it_cannot_run_or_resume(algorithm: str) -> None:
    with pytest.raises(UsageError, match=f"'{algorithm}' cannot be used here"):
        make(algorithm, seed=0)
