"""The log-sum-exp over all other rows, without ever holding the matrix of similarities.

This one quantity carries every contrastive loss. Rows are worked on in blocks, and the backward pass
computes each block again, so memory is O(rows · width + block · keys) instead of O(rows · keys).
"""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

BLOCK_NUMBERS = 1 << 22
"""Similarities held at once: 16 MiB in float32."""


def others_logsumexp(
    anchors: Float[Tensor, "n d"],
    keys: Float[Tensor, "m d"],
    itself: Int[Tensor, " n"],
    temperature: float,
) -> Float[Tensor, " n"]:
    """log Σ exp(anchor · key / temperature) over all keys but the anchor itself.

    Args:
        anchors: one row for each result.
        keys: what they are compared with; they receive gradients too.
        itself: which key each anchor is, and so is left out.
        temperature: greater than 0.

    Lower precisions, autocast included, are computed in float32.
    """
    with torch.autocast(anchors.device.type, enabled=False):
        result: Tensor = _OthersLogSumExp.apply(
            at_least_float32(anchors), at_least_float32(keys), itself, temperature
        )
    return result


def at_least_float32(x: Tensor) -> Tensor:
    """float64 as it is, everything else as float32."""
    return x if x.dtype == torch.float64 else x.float()


class _OthersLogSumExp(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, anchors: Tensor, keys: Tensor, itself: Tensor, temperature: float
    ) -> Tensor:
        result = torch.cat(
            [
                _similarities(anchors[rows], keys, itself[rows], temperature).logsumexp(1)
                for rows in _blocks(len(anchors), len(keys))
            ]
        )
        ctx.save_for_backward(anchors, keys, itself, result)
        ctx.temperature = temperature
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        anchors, keys, itself, result = ctx.saved_tensors
        for_anchors, for_keys = torch.empty_like(anchors), torch.zeros_like(keys)
        for rows in _blocks(len(anchors), len(keys)):
            share = _similarities(anchors[rows], keys, itself[rows], ctx.temperature)
            share.sub_(result[rows, None]).exp_().mul_(gradient[rows, None] / ctx.temperature)
            for_anchors[rows] = share @ keys
            for_keys.addmm_(share.T, anchors[rows])
        return for_anchors, for_keys, None, None


def _similarities(anchors: Tensor, keys: Tensor, itself: Tensor, temperature: float) -> Tensor:
    scores = (anchors / temperature) @ keys.T
    return scores.scatter_(1, itself[:, None], -torch.inf)


def _blocks(rows: int, keys: int) -> list[slice]:
    block = max(1, BLOCK_NUMBERS // max(1, keys))
    return [slice(start, start + block) for start in range(0, rows, block)]
