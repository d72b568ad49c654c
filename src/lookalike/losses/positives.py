"""SupCon's loss of each anchor: from the sums of the groups where they suffice, else pair by pair.

Rows are sorted by group, so the positives of neighbouring anchors are neighbours too, and a piece of
anchors meets few keys besides its own groups. Pieces are computed again in the backward pass.
"""

from collections.abc import Callable
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from lookalike.losses.groups import Denominator, Groups, Rows
from lookalike.losses.streaming import others_logsumexp

Summation = Literal["out", "in"]

PIECE = 128
"""Anchors whose positives are looked at together."""


def losses_by_sums(
    anchors: Rows, keys: Rows, groups: Groups, temperature: float, denominator: Denominator
) -> Float[Tensor, " r"]:
    """Each anchor's L_out without a cap: the sum of a group stands for all its positives."""
    group, key_group = groups.of(anchors), groups.of(keys)
    kinds = (group, key_group) if denominator == "negatives" else (anchors.number, keys.number)
    whole = others_logsumexp(anchors.z, keys.z, *kinds, temperature)
    sums = torch.zeros_like(keys.z).index_add(0, key_group, keys.z)
    positives = (anchors.z * (sums[group] - keys.z[anchors.number])).sum(1)
    return whole - positives / groups.of(anchors, groups.positives).clamp(min=1) / temperature


def losses_by_pairs(
    anchors: Rows,
    keys: Rows,
    groups: Groups,
    temperature: float,
    denominator: Denominator,
    summation: Summation,
) -> Float[Tensor, " r"]:
    """Each anchor's loss in any form, from its similarity to each of its positives."""
    group, key_group = groups.of(anchors), groups.of(keys)
    alone = groups.of(anchors, groups.alone(denominator))
    negatives = others_logsumexp(anchors.z, keys.z, group, key_group, temperature)
    negatives = negatives.masked_fill(alone, 0)  # and all keys are positives: nothing is infinite

    def losses(rows: slice, columns: slice, z: Tensor, near: Tensor, against: Tensor) -> Tensor:
        positive = groups.positive(anchors.number[rows], keys.number[columns])
        positive |= alone[rows, None]
        scores = z @ near.T / temperature
        whole = _log_denominator(scores, positive, against[:, None], denominator)
        return _losses(scores - whole, positive, summation)

    spans = _spans(group, key_group)
    result: Tensor = _InPieces.apply(losses, spans, anchors.z, keys.z, negatives)
    return result


class _InPieces(torch.autograd.Function):
    """losses(rows, columns, anchors[rows], keys[columns], negatives[rows]) for all spans."""

    @staticmethod
    def forward(
        ctx: Any,
        losses: Callable[..., Tensor],
        spans: list[tuple[slice, slice]],
        anchors: Tensor,
        keys: Tensor,
        negatives: Tensor,
    ) -> Tensor:
        result = torch.empty_like(negatives)
        for rows, columns in spans:
            result[rows] = losses(rows, columns, anchors[rows], keys[columns], negatives[rows])
        ctx.save_for_backward(anchors, keys, negatives)
        ctx.work = losses, spans
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (losses, spans), tensors = ctx.work, ctx.saved_tensors
        totals = [torch.zeros_like(x) for x in tensors]
        for rows, columns in spans:
            places = rows, columns, rows
            with torch.enable_grad(), torch.autocast(gradient.device.type, enabled=False):
                cut = zip(tensors, places, strict=True)
                parts = [x[place].detach().requires_grad_() for x, place in cut]
                again = losses(rows, columns, *parts)
                found = torch.autograd.grad(again, parts, gradient[rows])
            for total, place, part in zip(totals, places, found, strict=True):
                total[place] += part
        return None, None, *totals


def _log_denominator(
    scores: Tensor, positive: Tensor, negatives: Tensor, denominator: Denominator
) -> Tensor:
    if denominator == "negatives":
        return negatives
    if denominator == "one positive":
        return torch.logaddexp(negatives, scores)
    kept = scores.masked_fill(~positive, -torch.inf).logsumexp(1, keepdim=True)
    return torch.logaddexp(negatives, kept)


def _losses(log_shares: Tensor, positive: Tensor, summation: Summation) -> Tensor:
    count = positive.sum(1).to(log_shares)
    if summation == "in":
        return count.log() - log_shares.masked_fill(~positive, -torch.inf).logsumexp(1)
    return -log_shares.masked_fill(~positive, 0).sum(1) / count


def _spans(group: Int[Tensor, " r"], key_group: Int[Tensor, " s"]) -> list[tuple[slice, slice]]:
    """Pieces of anchors, each with the keys from its first group to its last."""
    rows = [slice(first, first + PIECE) for first in range(0, len(group), PIECE)]
    begin = torch.searchsorted(key_group, group).tolist()
    end = torch.searchsorted(key_group, group, right=True).tolist()
    return [(piece, slice(begin[piece][0], end[piece][-1])) for piece in rows]
