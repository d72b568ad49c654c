"""The target: a slow copy of a network, which says what the network should see in another view."""

import math
from copy import deepcopy
from typing import Any

import torch
from timm.layers import DropPath  # type: ignore[attr-defined]
from torch import Tensor, nn


class Target(nn.Module):
    """A copy of modules in a row that gradients never reach.

    It starts equal to them. Its batch norms stay in training mode with the rest of the method and
    keep statistics of their own, as in BYOL's official code (so in MoCo v3's and DINO's). It has no
    drop path: what is to be predicted should not depend on chance.

    Args:
        online: the modules, e.g. encoder and projector.
    """

    def __init__(self, *online: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(deepcopy(online)).requires_grad_(False)
        for part in self.parts.modules():
            if isinstance(part, DropPath):
                part.drop_prob = 0.0

    def forward(self, x: Tensor, *arguments: Any) -> Tensor:
        """What the first module makes of x (and the arguments), and the others of that."""
        with torch.no_grad():
            first, *others = self.parts
            x = first(x, *arguments)
            for part in others:
                x = part(x)
        return x

    @torch.no_grad()
    def follow(self, *online: nn.Module, decay: float, statistics: bool = False) -> None:
        """ξ ← τ ξ + (1 - τ) θ, of parameters.

        Args:
            online: the modules it was made of.
            decay: τ; 1 stays, 0 copies.
            statistics: also of the batch norms' statistics, for a target that sees no images.
        """
        ours, theirs = (
            [tensor for part in parts for tensor in _changing(part, statistics)]
            for parts in (self.parts, online)
        )
        torch._foreach_lerp_(ours, theirs, 1 - decay)


def _changing(part: nn.Module, statistics: bool) -> list[Tensor]:
    floats = [each for each in part.buffers() if each.is_floating_point()]
    return [*part.parameters(), *(floats if statistics else ())]


def rising(base: float, progress: float) -> float:
    """τ = 1 - (1 - τ_base) (cos(π progress) + 1) / 2: from `base` to 1 (BYOL, section 3.3)."""
    return 1 - (1 - base) * (math.cos(math.pi * progress) + 1) / 2
