"""timm's optimizers, made to keep all they remember in tensors, as checkpoints need."""

from collections.abc import Callable
from typing import Any

import torch
from timm.optim import create_optimizer_v2, list_optimizers  # type: ignore[attr-defined]
from torch import Tensor, nn
from torch.optim import Optimizer

from lookalike.errors import UsageError, did_you_mean, short
from lookalike.training.optimizers import Groups


def timm(
    groups: Groups,
    *,
    algorithm: str,
    weight_decay: float,
    momentum: float = 0.9,
    eps: float | None = None,
) -> Optimizer:
    """One of timm's optimizers by its name there; biases and norms do not decay.

    SupCon's second stage on ImageNet is `algorithm="rmsproptf", weight_decay=1e-6, eps=0.001`.

    Args:
        groups: of the method's parameters.
        algorithm: a name of `timm.optim.list_optimizers()`.
        weight_decay: in the sense of the algorithm.
        momentum: where the algorithm has one.
        eps: instead of the algorithm's own, where it has one.

    Raises:
        UsageError: timm has no such optimizer, or it does not fit the loop and its checkpoints.
    """
    names = [str(name) for name in list_optimizers()]
    if algorithm not in names:
        raise UsageError(
            f"timm has no optimizer {short(repr(algorithm))}.", do=did_you_mean(algorithm, names)
        )
    if not _fits(algorithm):
        raise UsageError(
            f"timm's optimizer {algorithm!r} cannot be used here.",
            why="It needs another package, the highest rate, or more than gradients and tensors.",
            do="Choose e.g. adamw, adopt, lamb, lion, muon or rmsproptf.",
        )
    options = {} if eps is None else {"eps": eps}
    return _create(groups, algorithm, weight_decay=weight_decay, momentum=momentum, **options)


def _create(groups: Groups, algorithm: str, **options: float) -> Optimizer:
    create: Callable[..., Optimizer] = create_optimizer_v2
    optimizer = create(groups, algorithm, lr=0.0, **options)
    settings = {name for group in optimizer.param_groups for name in group}
    optimizer.register_step_pre_hook(lambda *_: _take_out(optimizer))
    optimizer.register_step_post_hook(lambda *_: _put_away(optimizer, settings))
    return optimizer


def _fits(algorithm: str) -> bool:
    """Whether it takes a trial step and checkpoints keep all that it remembers."""
    w = nn.Parameter(torch.zeros(2, 2))
    w.grad = torch.ones(2, 2)
    try:
        optimizer = _create([{"params": [w]}], algorithm)
        optimizer.step()
    except Exception:  # whatever timm says about what it lacks
        return False
    return all(_kept(value, w) for value in optimizer.state[w].values())


def _kept(value: Any, w: Tensor) -> bool:
    """Checkpoints hold tensors; those of a parameter's shape come back in its type."""
    return isinstance(value, Tensor) and (value.shape != w.shape or value.dtype == w.dtype)


def _put_away(optimizer: Optimizer, settings: set[str]) -> None:
    """Moves numbers and what a step added to a group, e.g. LAMB's count of steps, into the state.

    What was added to a group goes to its first parameter. Names say whence and of what kind.
    """
    for group in optimizer.param_groups:
        for w in group["params"]:
            state = optimizer.state[w]
            for name in [name for name, value in state.items() if isinstance(value, int | float)]:
                state |= _packed("state", name, state.pop(name))
        first = optimizer.state[group["params"][0]]
        for name in set(group) - settings:
            first |= _packed("group", name, group.pop(name))


def _take_out(optimizer: Optimizer) -> None:
    """Back to where the algorithm left them."""
    for group in optimizer.param_groups:
        for w in group["params"]:
            state = optimizer.state[w]
            for key in [key for key in state if ":" in key]:
                owner, kind, name = key.split(":")
                value = state.pop(key)
                home = group if owner == "group" else state
                home[name] = value.item() if kind == "number" else value


def _packed(owner: str, name: str, value: Any) -> dict[str, Tensor]:
    if isinstance(value, Tensor):
        return {f"{owner}:tensor:{name}": value}
    exact = torch.float64 if isinstance(value, float) else None
    return {f"{owner}:number:{name}": torch.tensor(value, dtype=exact)}
