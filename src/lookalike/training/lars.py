"""Layer-wise adaptive rate scaling in its published forms."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

Form = Literal["inside", "popular", "outside", "larc", "larc-clipped"]

_Tensors = list[Tensor] | tuple[Tensor, ...]
_Group = dict[str, Any]


class LARS(Optimizer):
    """Layer-wise adaptive rate scaling (You et al. 2017), as five codes understand it.

    For each tensor w with gradient g and momentum v, of its group's rate lr:

        "inside"         g ← g + λw;  q = η|w| / |g|;  v ← μv + lr q g;  w ← w - v
        "popular"        g ← g + λw;  v ← μv + g;  q = η|w| / |v|;  w ← w - lr q v
        "outside"        g ← g + λw;  q = η|w| / |g|;  v ← μv + q g;  w ← w - lr v
        "larc"           q = η|w| / (|g| + λ|w| + ε);  v ← μv + q (g + λw);  w ← w - lr v
        "larc-clipped"   as "larc" with q ← min(q / lr, 1)

    "inside" is SimCLR's official code and "popular" its option of that name; "outside" is MoCo v3,
    MAE and BYOL; "larc" is LARC and lightning-bolts, ε = 1e-8. The place of the rate matters while
    the rate changes. q = 1 where a norm is 0, but LARC leaves a tensor without gradient undecayed.
    Groups with `adapt=False` have q = 1 everywhere.

    Args:
        groups: parameters or groups of them.
        form: one of the above.
        momentum: μ.
        weight_decay: λ.
        trust: η, the trust coefficient.
    """

    def __init__(
        self,
        groups: Iterable[nn.Parameter] | list[_Group],
        *,
        form: Form = "inside",
        momentum: float,
        weight_decay: float,
        trust: float,
    ) -> None:
        settings = {"form": form, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(groups, {"lr": 0.0, "trust": trust, "adapt": True} | settings)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Updates every parameter that has a gradient; the gradients stay as they are."""
        del closure
        for group in self.param_groups:
            w = [p for p in group["params"] if p.grad is not None]
            if w:
                _FORMS[group["form"]](w, [p.grad for p in w], [self._momentum(p) for p in w], group)

    def _momentum(self, w: Tensor) -> Tensor:
        state = self.state[w]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(w)
        momentum: Tensor = state["momentum_buffer"]
        return momentum


def _inside(w: _Tensors, g: _Tensors, v: _Tensors, group: _Group) -> None:
    g = torch._foreach_add(g, w, alpha=group["weight_decay"])
    torch._foreach_mul_(g, _ratios(w, g, group))
    torch._foreach_mul_(v, group["momentum"])
    torch._foreach_add_(v, g, alpha=group["lr"])
    torch._foreach_sub_(w, v)


def _popular(w: _Tensors, g: _Tensors, v: _Tensors, group: _Group) -> None:
    torch._foreach_mul_(v, group["momentum"])
    torch._foreach_add_(v, torch._foreach_add(g, w, alpha=group["weight_decay"]))
    torch._foreach_add_(w, torch._foreach_mul(v, _ratios(w, v, group)), alpha=-group["lr"])


def _outside(w: _Tensors, g: _Tensors, v: _Tensors, group: _Group) -> None:
    g = torch._foreach_add(g, w, alpha=group["weight_decay"])
    torch._foreach_mul_(g, _ratios(w, g, group))
    _descend(w, g, v, group)


def _larc(w: _Tensors, g: _Tensors, v: _Tensors, group: _Group) -> None:
    q = _larc_ratios(w, g, group)
    g = torch._foreach_add(g, w, alpha=group["weight_decay"])
    torch._foreach_mul_(g, q)
    _descend(w, g, v, group)


_FORMS = {
    "inside": _inside,
    "popular": _popular,
    "outside": _outside,
    "larc": _larc,
    "larc-clipped": _larc,
}


def _descend(w: _Tensors, g: _Tensors, v: _Tensors, group: _Group) -> None:
    torch._foreach_mul_(v, group["momentum"])
    torch._foreach_add_(v, g)
    torch._foreach_add_(w, v, alpha=-group["lr"])


def _ratios(w: _Tensors, g: _Tensors, group: _Group) -> list[Any]:
    """q of each tensor, without waiting for the device."""
    if not group["adapt"]:
        return [1.0] * len(w)
    size, slope = _norms(w), _norms(g)
    q = group["trust"] * size / slope
    return list(torch.where((size > 0) & (slope > 0), q, 1.0))


def _larc_ratios(w: _Tensors, g: _Tensors, group: _Group) -> list[Any]:
    if not group["adapt"]:
        return [1.0] * len(w)
    size, slope = _norms(w), _norms(g)
    q = group["trust"] * size / (slope + group["weight_decay"] * size + 1e-8)
    if group["form"] == "larc-clipped":
        q = (q / group["lr"]).clamp(max=1.0)
    return list(torch.where(size > 0, q * (slope > 0), 1.0))


def _norms(tensors: _Tensors) -> Tensor:
    return torch.stack(torch._foreach_norm(tensors))
