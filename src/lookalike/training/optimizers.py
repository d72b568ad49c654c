"""Optimizers with the hyper-parameters worth naming; the rate comes from the schedule."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer

from lookalike.training.lars import LARS, Form

Groups = list[dict[str, Any]]

_EXCLUDED = {"weight_decay": 0.0, "adapt": False}


def parameter_groups(module: nn.Module, rates: Mapping[str, float] | None = None) -> Groups:
    """Two groups: weights, and the biases and norms that decay and adaptation leave alone.

    SimCLR and BYOL choose them by name, so class tokens and LayerScale decay and adapt.

    Args:
        module: its trainable parameters.
        rates: parts of it with two groups of their own, whose `scale` multiplies the rate.
    """
    scales = {
        weights: scale
        for name, scale in (rates or {}).items()
        for weights in module.get_submodule(name).parameters()
    }
    found: dict[float, tuple[list[nn.Parameter], list[nn.Parameter]]] = {1.0: ([], [])}
    for owner in module.modules():
        norm = "norm" in type(owner).__name__.lower()
        for name, parameter in owner.named_parameters(recurse=False):
            if parameter.requires_grad:
                pair = found.setdefault(scales.get(parameter, 1.0), ([], []))
                pair[norm or name.endswith("bias")].append(parameter)
    groups = group_pair(*found.pop(1.0))
    return groups + [
        group for scale, pair in found.items() for group in group_pair(*pair, scale=scale)
    ]


def group_pair(
    regular: list[nn.Parameter], excluded: list[nn.Parameter], **settings: Any
) -> Groups:
    """The groups of those that decay and of those that do not; an empty one is left out.

    Args:
        regular: decay by what the optimizer says.
        excluded: no decay, and no adaptation by LARS.
        settings: of both groups, e.g. `scale`, which multiplies the rate.
    """
    pair: Groups = [{"params": regular} | settings, {"params": excluded} | settings | _EXCLUDED]
    return [group for group in pair if group["params"]]


def sgd(
    groups: Groups, *, momentum: float = 0.9, nesterov: bool = False, weight_decay: float = 1e-4
) -> Optimizer:
    """Stochastic gradient descent with momentum; biases and norms do not decay."""
    return torch.optim.SGD(
        groups,
        lr=0.0,
        momentum=momentum,
        nesterov=nesterov,
        weight_decay=weight_decay,
        fused=not _spread(groups),
    )


def adamw(
    groups: Groups,
    *,
    weight_decay: float = 0.05,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> Optimizer:
    """Adam with decoupled weight decay; biases and norms do not decay."""
    return torch.optim.AdamW(
        groups, lr=0.0, betas=betas, eps=eps, weight_decay=weight_decay, fused=True
    )


def lars(
    groups: Groups,
    *,
    momentum: float = 0.9,
    weight_decay: float = 1e-6,
    trust: float = 0.001,
    popular: bool = False,
) -> Optimizer:
    """LARS of SimCLR's official code; biases and norms are left out.

    Args:
        groups: of the method's parameters.
        momentum: share of the last step that is kept.
        weight_decay: added to the gradient before its norm is taken.
        trust: length of a step relative to the weights, at rate 1.
        popular: the rate outside the momentum and the ratio by the momentum's norm, which the code
            offers as "popular momentum".
    """
    form: Form = "popular" if popular else "inside"
    return LARS(groups, form=form, momentum=momentum, weight_decay=weight_decay, trust=trust)


def lars_moco_v3(
    groups: Groups, *, momentum: float = 0.9, weight_decay: float = 1e-6, trust: float = 0.001
) -> Optimizer:
    """LARS of MoCo v3 and of MAE's probe: tensors of at most one dimension are left out."""
    return lars_byol(
        [half for group in groups for half in _by_dimensions(group)],
        momentum=momentum,
        weight_decay=weight_decay,
        trust=trust,
    )


def lars_byol(
    groups: Groups, *, momentum: float = 0.9, weight_decay: float = 1.5e-6, trust: float = 0.001
) -> Optimizer:
    """LARS of BYOL, with the rate outside the momentum; biases and norms are left out."""
    return LARS(groups, form="outside", momentum=momentum, weight_decay=weight_decay, trust=trust)


def larc(
    groups: Groups,
    *,
    momentum: float = 0.9,
    weight_decay: float = 1e-6,
    trust: float = 0.001,
    clipped: bool = False,
    everything: bool = False,
) -> Optimizer:
    """LARC of apex and lightning-bolts: the ratio is that of the gradient before decay.

    Args:
        groups: of the method's parameters.
        momentum: share of the last step that is kept.
        weight_decay: of all but biases and norms.
        trust: length of a step relative to the weights, at rate 1.
        clipped: the scaled rate is never above the rate itself (apex; solo-learn on CIFAR).
        everything: also scale the tensors that do not decay (apex; lightning-bolts does not).
    """
    groups = [
        group | {"adapt": everything or group.get("weight_decay", weight_decay) > 0}
        for group in groups
    ]
    form: Form = "larc-clipped" if clipped else "larc"
    return LARS(groups, form=form, momentum=momentum, weight_decay=weight_decay, trust=trust)


def _by_dimensions(group: dict[str, Any]) -> Groups:
    settings = {k: v for k, v in group.items() if k not in ("params", *_EXCLUDED)}
    regular = [w for w in group["params"] if w.ndim > 1]
    excluded = [w for w in group["params"] if w.ndim <= 1]
    return group_pair(regular, excluded, **settings)


def _spread(groups: Groups) -> bool:
    """Whether parameters are spread over processes, which torch's fused SGD does not know."""
    return any(isinstance(w, DTensor) for group in groups for w in group["params"])
