"""Runs a function in several gloo processes and brings back what each returns.

They come from a fork server that has imported torch, so they start at once.
"""

import importlib
import json
import multiprocessing
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

PRELOAD = ["lookalike.data.server", "lookalike.data.workers", "lookalike.methods.simclr"]
"""What the program's own server has, in its order, as there is one for all; and the methods."""

SECONDS = 120
"""A process that takes longer hangs."""


def run(function: str, count: int, folder: Path, *arguments: Any) -> list[Any]:
    """The results of "module:function"(rank, *arguments) of each process; all must succeed."""
    assert end(function, count, folder, *arguments) == [0] * count
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(count)]


def end(function: str, count: int, folder: Path, *arguments: Any) -> list[int | None]:
    """The exit codes of the processes; None for one that hangs."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    workers = [
        context.Process(target=_work, args=(function, count, folder, arguments, rank))
        for rank in range(count)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(SECONDS)
    codes = [worker.exitcode for worker in workers]
    for worker in workers:
        worker.kill()
    return codes


def _work(function: str, count: int, folder: Path, arguments: tuple[Any, ...], rank: int) -> None:
    torch.set_num_threads(1)
    module, _, name = function.partition(":")
    work = getattr(importlib.import_module(module), name)
    store = dist.FileStore(str(folder / "store"), count)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=count)
    result = work(rank, *arguments)
    dist.destroy_process_group()
    (folder / f"{rank}.json").write_text(json.dumps(result))
