"""Principal components of what several processes have are those of all of it."""

from pathlib import Path

import torch
from torch import Tensor

from distributed.processes import run
from lookalike.nn.principal import Principal

SHARES = {0: slice(0, 7), 1: slice(7, 40)}


def vectors() -> Tensor:
    draw = torch.Generator().manual_seed(0)
    return torch.randn(40, 6, generator=draw) * torch.arange(1, 7)


def work(rank: int) -> list[list[float]]:
    principal = Principal(6, 3)
    principal.find(vectors()[SHARES[rank]])
    found: list[list[float]] = principal(vectors()[:5]).tolist()
    return found


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    one = Principal(6, 3)
    one.find(vectors())
    for found in run("distributed.test_principal:work", 2, tmp_path):
        assert torch.allclose(torch.tensor(found), one(vectors()[:5]), atol=1e-5)
