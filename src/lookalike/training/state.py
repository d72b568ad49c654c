"""What a checkpoint holds: every tensor that a run goes on with, by name.

`method.…` are the weights, `optimizer.NUMBER.…` is what the optimizer keeps of each parameter, and
what learns beside the method has the same names behind its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer

from lookalike.training.sharding import spread_like, whole

Learner = tuple[nn.Module, Optimizer]
"""Something that is trained, and its optimizer."""


def pack(learner: Learner, name: str = "") -> dict[str, Tensor]:
    """All tensors, whole and on the CPU; of several processes all must ask for it.

    Args:
        learner: the method or what learns beside it, with its optimizer.
        name: that all names begin with.
    """
    tensors = _named(learner, learner[1].state, name)
    return {key: whole(t.detach()).cpu().contiguous() for key, t in tensors.items()}


def unpack(tensors: Mapping[str, Tensor], learner: Learner, name: str = "") -> None:
    """Puts back what `pack` took out."""
    method, optimizer = learner
    own = method.state_dict()
    method.load_state_dict(
        {key: spread_like(tensors[f"{name}method.{key}"], own[key]) for key in own}
    )
    for i, parameter in enumerate(_parameters(optimizer)):
        prefix = f"{name}optimizer.{i}."
        own = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
        optimizer.state[parameter] = {key: _like(t, parameter) for key, t in own.items()}


def foreseen(learner: Learner, name: str = "") -> dict[str, Tensor]:
    """Tensors of the names, types and shapes that `pack` will give after the first update.

    Their content means nothing. The optimizer tries a step on zeros, one parameter at a time.
    """
    _, optimizer = learner
    tried: dict[tuple[int, torch.Size], dict[str, Tensor]] = {}
    state = {}
    for number, group in enumerate(optimizer.param_groups):
        for parameter in group["params"]:
            key = number, parameter.shape
            if key not in tried:
                tried[key] = _try(optimizer, number, parameter)
            state[parameter] = tried[key]
    return _named(learner, state, name)


def _try(optimizer: Optimizer, number: int, parameter: Tensor) -> dict[str, Tensor]:
    """What the optimizer keeps of a parameter of this shape in its group of this number."""
    stand_in = torch.zeros(parameter.shape, dtype=parameter.dtype, device=parameter.device)
    stand_in.requires_grad_().grad = torch.zeros_like(stand_in)
    groups, state = optimizer.param_groups, optimizer.state
    optimizer.param_groups = [groups[number] | {"params": [stand_in]}]
    optimizer.state = defaultdict(dict)
    try:
        optimizer.step()
        return {key: t.to("meta") for key, t in optimizer.state[stand_in].items()}
    finally:
        optimizer.param_groups, optimizer.state = groups, state


def _named(
    learner: Learner, state: Mapping[Tensor, Mapping[str, Tensor]], name: str
) -> dict[str, Tensor]:
    method, optimizer = learner
    tensors = {f"{name}method.{key}": t for key, t in method.state_dict().items()}
    for i, parameter in enumerate(_parameters(optimizer)):
        for key, value in state[parameter].items():
            tensors[f"{name}optimizer.{i}.{key}"] = value
    return tensors


def _like(tensor: Tensor, parameter: Tensor) -> Tensor:
    """In the memory layout of its parameter: fused optimizers walk both in memory order."""
    if isinstance(parameter, DTensor) and tensor.shape == parameter.shape:
        return spread_like(tensor, parameter)
    if tensor.shape == parameter.shape:
        return torch.empty_like(parameter, dtype=tensor.dtype, requires_grad=False).copy_(tensor)
    return tensor.to(parameter.device)


def _parameters(optimizer: Optimizer) -> Iterable[Tensor]:
    return (p for group in optimizer.param_groups for p in group["params"])
