"""Seconds and memory of the contrastive losses, forward and backward, beside lightly's NTXentLoss.

Everyone works in turns in one process, and ratios are medians over rounds. Memory is the peak above
the inputs, each in a process of its own. "products" is the time of the matrix products that NT-Xent
cannot avoid, 4 · rows² · width floating point operations, at the speed this machine just showed.

    python benchmarks/losses.py                         # 8,192 rows, and 32,768 without lightly
    python benchmarks/losses.py --rows 32768 --whole    # lightly there too: it needs 17 GB
    python benchmarks/losses.py --rows 131072           # ours alone, several minutes
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from lightly.loss import NTXentLoss
from torch import Tensor

from lookalike.losses.contrastive import nt_xent, supcon

WIDTH, TEMPERATURE, GROUPS = 128, 0.1, 100
SIDE = 4096
LIGHTLY_ROWS = 16_384  # more need more than 4 GB
Loss = Callable[[Tensor], Tensor]


def ours(z: Tensor) -> Tensor:
    return nt_xent(z[0], z[1], TEMPERATURE)


def lightly(z: Tensor) -> Tensor:
    return NTXentLoss(TEMPERATURE)(z[0], z[1])


def grouped(z: Tensor, summation: str) -> Tensor:
    group = torch.arange(z.shape[1]) % GROUPS
    return supcon(z.transpose(0, 1), group, TEMPERATURE, summation=summation)


LOSSES: dict[str, Loss] = {
    "nt_xent": ours,
    "lightly": lightly,
    "supcon, out": partial(grouped, summation="out"),
    "supcon, in": partial(grouped, summation="in"),
}


def inputs(rows: int) -> Tensor:
    return torch.randn(2, rows // 2, WIDTH, generator=torch.Generator().manual_seed(0))


def seconds(loss: Loss, z: Tensor) -> float:
    z = z.clone().requires_grad_()
    start = time.perf_counter()
    loss(z).backward()
    return time.perf_counter() - start


def products(rows: int) -> float:
    """The four of a tile, in the shapes of the loss: twice similarities, twice gradients."""
    z, similarities = inputs(SIDE).flatten(0, 1), torch.empty(SIDE, SIDE)
    start = time.perf_counter()
    for _ in range(2):
        torch.mm(z, z.T, out=similarities)
    similarities @ z
    similarities.T @ z
    return (time.perf_counter() - start) * rows**2 / (2 * SIDE**2)


def peak() -> float:
    """The most memory this process has held, in GB (Linux; getrusage would count its parent's)."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e9


def memory(name: str, rows: int) -> float:
    seconds(LOSSES[name], inputs(512))  # whatever is loaded or set up once
    z = inputs(rows)
    before = peak()
    seconds(LOSSES[name], z)
    return peak() - before


def in_own_process(name: str, rows: int) -> float:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(memory, (name, rows))


def compare(rows: int, names: list[str], rounds: int) -> None:
    z = inputs(rows)
    turns = {name: partial(seconds, LOSSES[name], z) for name in names}
    turns["products"] = partial(products, rows)
    for turn in turns.values():
        turn() if rows <= LIGHTLY_ROWS else products(SIDE)  # warms up
    times = [{name: turn() for name, turn in turns.items()} for _ in range(rounds)]
    print(f"\n{rows} rows, {rounds} rounds")
    for name in turns:
        took = statistics.median(turn[name] for turn in times)
        ratio = statistics.median(turn[name] / turn["nt_xent"] for turn in times)
        room = "" if name == "products" else f"{in_own_process(name, rows):8.2f} GB"
        print(f"{name:12} {took:9.3f} s   {ratio:6.2f} × nt_xent {room}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[8192, 32_768])
    parser.add_argument("--whole", action="store_true", help="lightly at any number of rows")
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    print(f"width {WIDTH}, {chosen.threads} threads, torch {torch.__version__}")
    for rows in chosen.rows:
        left_out = set() if chosen.whole or rows <= LIGHTLY_ROWS else {"lightly"}
        names = [name for name in LOSSES if name not in left_out]
        compare(rows, names, rounds=5 if rows <= LIGHTLY_ROWS else 1)


if __name__ == "__main__":
    main()
