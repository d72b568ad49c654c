"""What the alarm measures by itself: views at the first update, weights at the end of each epoch."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule

from lookalike.method import Batch, Method

_WEIGHTS = 2**20  # looked at, at most


def of_views(batch: Batch) -> dict[str, float]:
    """Whether there is something to see in the views, and whether they differ.

    "contrast" is the standard deviation of the values in the middle of the first view, where turned
    images seldom show a border, over its pixels, mean over channels and median over images;
    "view_difference" the mean absolute difference of the first two views, where they can be compared.
    """
    first, *others = batch.views
    rows, columns = (slice(side // 4, side - side // 4) for side in first.shape[2:])
    each = first[:, :, rows, columns].flatten(2).std(2, correction=0).mean(1)
    found = {"contrast": float(each.median())}
    if others and others[0].shape == first.shape:
        found["view_difference"] = float((first - others[0]).abs().mean())
    return found


class Turnover:
    """How much of the encoder's matrices an update replaces: ‖w_t+n - w_t‖ / ‖w_t‖ / √n.

    That is the length of one update, as a share of the weights', if the n updates go in directions
    of their own, and more if they go the same way. Parameters that are spread over processes are
    not looked at.
    """

    def __init__(self, method: Method) -> None:
        self._before = self._sample(method)
        self._updates = 0

    def count(self) -> None:
        """One more update was made."""
        self._updates += 1

    def since(self, method: Method) -> dict[str, float]:
        """{"weight_change": …} since the last call, {} where there was no update."""
        now, before, updates = self._sample(method), self._before, self._updates
        self._before, self._updates = now, 0
        if not (updates and len(now)):
            return {}
        change = (now - before).norm() / before.norm().clamp_min(1e-12)
        return {"weight_change": float(change) / math.sqrt(updates)}

    @torch.no_grad()
    def _sample(self, method: Method) -> Float[Tensor, " w"]:
        """Every so manieth of the weights, so that a copy of them is small."""
        spread = isinstance(method, FSDPModule)
        every = [] if spread else [p for p in method.encoder.parameters() if p.ndim > 1]
        return _every(every, math.ceil(sum(p.numel() for p in every) / _WEIGHTS))


def _every(weights: list[nn.Parameter], step: int) -> Float[Tensor, " w"]:
    parts = [p.detach().reshape(-1)[::step].float() for p in weights]
    return torch.cat(parts) if parts else torch.zeros(0)
