"""A log-sum-exp over many rows, without ever holding the matrix of their similarities.

This one quantity carries every contrastive loss. Similarities are made tile by tile and thrown away,
and the backward pass makes them again, so memory is O(rows · width + tile) instead of O(rows · keys).
Where the keys are the anchors the matrix is symmetric, and only the tiles on and above its diagonal
are made: each serves its rows and its columns. The products that remain, 4 · rows² · width floating
point operations, are most of the time.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

BLOCK = 1024
"""Side of a tile: in float32 two of them take 8 MiB."""


def others_logsumexp(
    anchors: Float[Tensor, "n d"],
    keys: Float[Tensor, "m d"],
    kind: Int[Tensor, " n"],
    key_kind: Int[Tensor, " m"],
    temperature: float,
) -> Float[Tensor, " n"]:
    """log Σ exp(anchor · key / temperature) over all keys of another kind than the anchor's.

    With a kind for each row these are all others but the row itself; with classes as kinds they are
    its negatives. Where there is none the result is -inf, and its gradient 0.

    Args:
        anchors: one row for each result, float32 or float64.
        keys: what they are compared with, which receives gradients too. Where it is the very
            tensor of the anchors, so that `kind` and `key_kind` are equal, the work is half.
        kind: of the anchors. Any order is right, but equal kinds should be neighbours: tiles
            without equal kinds need no mask, and tiles of one kind are never made.
        key_kind: of the keys.
        temperature: greater than 0.
    """
    symmetric = keys is anchors
    result: Tensor = _OthersLogSumExp.apply(anchors, keys, kind, key_kind, temperature, symmetric)
    return result


class _OthersLogSumExp(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        anchors: Tensor,
        keys: Tensor,
        kind: Tensor,
        key_kind: Tensor,
        temperature: float,
        symmetric: bool,
    ) -> Tensor:
        sums = _RunningSums(anchors)
        for tile in _Tiles(anchors, keys, kind, key_kind, temperature, symmetric):
            sums.add(tile.rows, tile.scores, 1, tile.spare)
            if tile.mirrored:
                sums.add(tile.columns, tile.scores, 0, tile.spare)
        result = sums.top + sums.total.log()
        ctx.save_for_backward(anchors, keys, kind, key_kind, result)
        ctx.settings = temperature, symmetric
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        anchors, keys, kind, key_kind, result = ctx.saved_tensors
        temperature, symmetric = ctx.settings
        with torch.autocast(gradient.device.type, enabled=False):
            gradients = _gradients(
                _Tiles(anchors, keys, kind, key_kind, temperature, symmetric),
                result.masked_fill(result == -torch.inf, torch.inf),  # exp(-inf - inf) = 0
                gradient / temperature,
            )
        return *gradients, None, None, None, None


class _RunningSums:
    """Σ exp(score) of each row as far as it has been seen, relative to its largest score."""

    def __init__(self, anchors: Tensor) -> None:
        count, lowest = len(anchors), torch.finfo(anchors.dtype).min
        self.top = anchors.new_full((count,), lowest)  # not -inf: -inf - -inf is not a number
        self.total = anchors.new_zeros(count)

    def add(self, rows: slice, scores: Tensor, dim: int, spare: Tensor) -> None:
        before = self.top[rows]
        top = torch.maximum(before, scores.amax(dim))
        terms = torch.sub(scores, top.unsqueeze(dim), out=spare).exp_().sum(dim)
        self.total[rows] = terms.addcmul_(self.total[rows], (before - top).exp_())
        self.top[rows] = top


def _gradients(tiles: "_Tiles", result: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor | None]:
    """For anchors and keys: every similarity sends each of its two rows towards the other."""
    for_anchors = torch.zeros_like(tiles.anchors)
    for_keys = for_anchors if tiles.symmetric else torch.zeros_like(tiles.keys)
    for rows, columns, scores, spare, mirrored in tiles:
        share = torch.sub(scores, result[rows, None], out=spare).exp_().mul_(gradient[rows, None])
        if tiles.symmetric:
            share.addcmul_(scores.sub_(result[columns]).exp_(), gradient[columns])
        for_anchors[rows].addmm_(share, tiles.keys[columns])
        if mirrored or not tiles.symmetric:
            for_keys[columns].addmm_(share.T, tiles.anchors[rows])
    return for_anchors, None if tiles.symmetric else for_keys


class _Tile(NamedTuple):
    rows: slice
    columns: slice
    scores: Tensor  # similarities / temperature, -inf for pairs of the same kind
    spare: Tensor  # room of the same shape
    mirrored: bool  # whether its transpose is a tile too, which is not made


class _Tiles:
    """The tiles in turn, all in the same memory."""

    def __init__(
        self,
        anchors: Tensor,
        keys: Tensor,
        kind: Tensor,
        key_kind: Tensor,
        temperature: float,
        symmetric: bool,
    ) -> None:
        self.anchors, self.keys, self.kind, self.key_kind = anchors, keys, kind, key_kind
        self.scaled, self.symmetric = anchors / temperature, symmetric
        self.room = anchors.new_empty(2, BLOCK * BLOCK)

    def __iter__(self) -> Iterator[_Tile]:
        key_blocks = _blocks(self.key_kind)
        for i, (rows, *kinds) in enumerate(_blocks(self.kind)):
            for j, (columns, *key_kinds) in enumerate(key_blocks):
                below = self.symmetric and j < i
                if not below and len({*kinds, *key_kinds}) > 1:
                    scores, spare = self._similarities(rows, columns)
                    if kinds[0] <= key_kinds[1] and key_kinds[0] <= kinds[1]:
                        same = self.kind[rows, None] == self.key_kind[columns]
                        scores.masked_fill_(same, -torch.inf)
                    yield _Tile(rows, columns, scores, spare, self.symmetric and i != j)

    def _similarities(self, rows: slice, columns: slice) -> tuple[Tensor, Tensor]:
        left, right = self.scaled[rows], self.keys[columns].T
        scores, spare = (
            room[: len(left) * right.shape[1]].view(len(left), -1) for room in self.room
        )
        return torch.mm(left, right, out=scores), spare


def _blocks(kind: Tensor) -> list[tuple[slice, int, int]]:
    """Consecutive rows, with their smallest and largest kind."""
    blocks = [slice(first, first + BLOCK) for first in range(0, len(kind), BLOCK)]
    return [(rows, int(kind[rows].min()), int(kind[rows].max())) for rows in blocks]
