"""Several processes as one: everything here is the identity when there is only one.

The convention that makes k processes equal one for any split of a batch: a step's loss is the
process's share of the mean over all images, gradients are *summed* and never averaged, and the
gradient of a gathered tensor is the sum of what all processes send back for one's own rows.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

PATIENCE = timedelta(hours=2)
"""How long processes wait for each other: the first one evaluates alone meanwhile."""


@contextlib.contextmanager
def together(device: torch.device) -> Iterator[None]:
    """Joins the processes that `torchrun` started, by its environment; alone, does nothing.

    Args:
        device: of this process. NCCL connects GPUs, gloo everything else.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or dist.is_initialized():
        yield
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield
    finally:
        dist.destroy_process_group()


def neighbours() -> int:
    """How many of the processes share this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def place() -> int:
    """Which of those on this machine this is, from 0: its GPU."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def world() -> int:
    """How many processes work together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def share(count: int) -> range:
    """This process's part of `count` things that are dealt to all, in order of rank."""
    return range(count * rank() // world(), count * (rank() + 1) // world())


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


def most_rows(rows: Tensor) -> int:
    """The greatest of all processes' numbers of rows."""
    return max(_counts(rows))


def sum_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Adds up every process's gradients: one all-reduce over all of them laid end to end.

    Those of spread parameters are sums already.
    """
    every = [p.grad for p in parameters if p.grad is not None]
    gradients = [gradient for gradient in every if not isinstance(gradient, DTensor)]
    if world() == 1 or not gradients:
        return
    flat = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(flat)
    for gradient, summed in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(summed.view_as(gradient))


def summed(numbers: Tensor) -> Tensor:
    """The sum over all processes, without gradients."""
    if world() == 1:
        return numbers
    numbers = numbers.detach().clone()
    dist.all_reduce(numbers)
    return numbers


def anyone(yes: bool, device: torch.device) -> bool:
    """Whether any process says yes."""
    if world() == 1:
        return yes
    return bool(summed(torch.tensor([float(yes)], device=device)).item())


def from_first(tensors: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """The first process's tensors, on the CPU; what the others give does not matter.

    Args:
        tensors: on the CPU.
        device: that the processes' connection wants.
    """
    if world() == 1:
        return tensors
    shapes = {
        name: (str(t.dtype).removeprefix("torch."), list(t.shape)) for name, t in tensors.items()
    }
    text = torch.frombuffer(bytearray(json.dumps(shapes), "utf-8"), dtype=torch.uint8).to(device)
    length = torch.tensor([len(text)], device=device)
    dist.broadcast(length, 0)
    text = text if rank() == 0 else text.new_empty(int(length))
    dist.broadcast(text, 0)
    received = {}
    for name, (dtype, shape) in json.loads(bytes(text.cpu().tolist())).items():
        if rank() == 0:
            tensor = tensors[name].to(device).contiguous()
        else:
            tensor = torch.empty(shape, dtype=getattr(torch, dtype), device=device)
        dist.broadcast(tensor, 0)
        received[name] = tensor.cpu()
    return received


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
    mine = torch.tensor([len(rows)], device=rows.device)
    counts = [torch.empty_like(mine) for _ in range(world())]
    dist.all_gather(counts, mine)
    return [int(count) for count in torch.cat(counts).tolist()]
