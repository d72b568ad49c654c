"""Optimizers with the hyper-parameters worth naming; the rate comes from the schedule."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

Groups = list[dict[str, Any]]

_NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)


def parameter_groups(module: nn.Module) -> Groups:
    """Two groups: weights, and the biases and norms that decay and adaptation leave alone.

    SimCLR and BYOL exclude them by name; excluding by number of dimensions would decay a norm's
    scale nowhere but adapt class tokens differently.
    """
    regular: list[nn.Parameter] = []
    excluded: list[nn.Parameter] = []
    for owner in module.modules():
        for name, parameter in owner.named_parameters(recurse=False):
            if parameter.requires_grad:
                out = isinstance(owner, _NORMS) or name == "bias"
                (excluded if out else regular).append(parameter)
    groups: Groups = [
        {"params": regular},
        {"params": excluded, "weight_decay": 0.0, "adapt": False},
    ]
    return [group for group in groups if group["params"]]


def sgd(
    groups: Groups, *, momentum: float = 0.9, nesterov: bool = False, weight_decay: float = 1e-4
) -> Optimizer:
    """Stochastic gradient descent with momentum; biases and norms do not decay."""
    return torch.optim.SGD(
        groups, lr=0.0, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay, fused=True
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
    groups: Groups, *, momentum: float = 0.9, weight_decay: float = 1e-6, trust: float = 0.001
) -> Optimizer:
    """LARS in the form of SimCLR's official code, see `LARS`."""
    return LARS(groups, momentum=momentum, weight_decay=weight_decay, trust=trust)


class LARS(Optimizer):
    """Layer-wise adaptive rate scaling with classic momentum. For each tensor w with gradient g:

        g ← g + λ w;   q = η |w| / |g|  (1 where either norm is 0);   v ← μ v + (lr q) g;   w ← w - v

    The decay enters before the norm and the rate lies inside the momentum buffer (SimCLR's code;
    MoCo v3 and BYOL keep it outside, which differs while the rate changes). Groups with
    `adapt=False` have q = 1.

    Args:
        groups: parameters or groups of them.
        momentum: μ.
        weight_decay: λ.
        trust: η, the trust coefficient.
    """

    def __init__(
        self,
        groups: Iterable[nn.Parameter] | Groups,
        *,
        momentum: float,
        weight_decay: float,
        trust: float,
    ) -> None:
        defaults = {
            "lr": 0.0,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "trust": trust,
            "adapt": True,
        }
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Updates every parameter that has a gradient."""
        del closure
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is not None:
                    self._update(w, w.grad, group)

    def _update(self, w: Tensor, g: Tensor, group: dict[str, Any]) -> None:
        state = self.state[w]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(w)
        g = g.add(w, alpha=group["weight_decay"])
        if group["adapt"]:
            g.mul_(_ratio(w, g, group["trust"]))
        w.sub_(state["momentum_buffer"].mul_(group["momentum"]).add_(g, alpha=group["lr"]))


def _ratio(w: Tensor, g: Tensor, trust: float) -> Tensor:
    """η |w| / |g|, without waiting for the device; norms in float32 at least."""
    size, slope = w.norm(), g.norm()
    usable = (size > 0) & (slope > 0)
    return torch.where(usable, trust * size / slope, torch.ones_like(size))
