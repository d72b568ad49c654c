"""Several processes as one: everything here is the identity when there is only one.

The convention that makes k processes equal one for any split of a batch: a step's loss is the
process's share of the mean over all images, gradients are *summed* and never averaged, and the
gradient of a gathered tensor is the sum of what all processes send back for one's own rows.
"""

from collections.abc import Iterable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


def world() -> int:
    """How many processes work together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def gather(rows: Tensor) -> Tensor:
    """The rows of all processes, in order of rank; their numbers of rows may differ."""
    if world() == 1:
        return rows
    gathered: Tensor = _Gather.apply(rows)
    return gathered


def first_row(rows: Tensor) -> int:
    """Where this process's rows begin among the gathered ones."""
    return sum(_counts(rows)[: rank()])


def total_rows(rows: Tensor) -> int:
    """How many rows all processes have together."""
    return sum(_counts(rows))


def sum_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Adds up every process's gradients: one all-reduce over all of them laid end to end."""
    if world() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(flat)
    for gradient, summed in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(summed.view_as(gradient))


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        counts = _counts(rows)
        ctx.first, ctx.count = sum(counts[: rank()]), len(rows)
        padded = rows.new_zeros(max(counts), *rows.shape[1:])
        padded[: len(rows)] = rows
        gathered = [torch.empty_like(padded) for _ in counts]
        dist.all_gather(gathered, padded)
        return torch.cat([g[:count] for g, count in zip(gathered, counts, strict=True)])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous()
        dist.all_reduce(gradient)
        return gradient[ctx.first : ctx.first + ctx.count]


def _counts(rows: Tensor) -> list[int]:
    """Every process's number of rows."""
    if world() == 1:
        return [len(rows)]
    counts = torch.empty(world(), dtype=torch.int64, device=rows.device)
    dist.all_gather_into_tensor(counts, counts.new_tensor([len(rows)]))
    return [int(count) for count in counts.tolist()]
