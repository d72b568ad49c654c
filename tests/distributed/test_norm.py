"""Batch norm over two processes is that of one: outputs, gradients and running statistics."""

from pathlib import Path
from typing import Any

import pytest
import timm.layers
import torch
from torch import Tensor, nn

from distributed.processes import run
from lookalike.nn.norm import GlobalBatchNorm, make_global

ROWS = {2: (5, 3), 4: (3, 1, 2, 2)}
SHAPES = {"flat": (8, 6), "maps": (8, 6, 3, 2)}


def norm(kind: str) -> nn.Module:
    torch.manual_seed(1)
    if kind == "timm":
        made: nn.Module = timm.layers.BatchNormAct2d(6)
    else:
        made = nn.BatchNorm1d(6) if kind == "flat" else nn.BatchNorm2d(6)
    for parameter in made.parameters():
        nn.init.normal_(parameter)
    if kind == "flat":
        made.register_parameter("bias", None)
    return made.double()


def rows(kind: str) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(2)
    shape = SHAPES["flat" if kind == "flat" else "maps"]
    x = torch.randn(shape, generator=generator, dtype=torch.float64) * 3 + 1
    return x, torch.randn(shape, generator=generator, dtype=torch.float64)


def work(rank: int, kind: str, counts: list[int]) -> dict[str, Any]:
    module = nn.Sequential(norm(kind))
    if len(counts) > 1:
        make_global(module)
        assert isinstance(module[0], GlobalBatchNorm)
    start = sum(counts[:rank])
    x, weight = (part[start : start + counts[rank]] for part in rows(kind))
    x = x.clone().requires_grad_()
    out = module(x)
    (out * weight).sum().backward()
    assert x.grad is not None
    return {
        "out": out.tolist(),
        "grad": x.grad.tolist(),
        "parameters": [p.grad.tolist() for p in module.parameters() if p.grad is not None],
        "buffers": [buffer.tolist() for buffer in module.buffers()],
    }


@pytest.mark.parametrize("count", ROWS)
@pytest.mark.parametrize("kind", ["flat", "maps", "timm"])
def test_processes_equal_one(kind: str, count: int, tmp_path: Path) -> None:
    whole = work(0, kind, [8])
    parts = run("distributed.test_norm:work", count, tmp_path, kind, list(ROWS[count]))

    def close(ours: Any, exact: Any) -> None:
        a, b = (torch.tensor(x, dtype=torch.float64) for x in (ours, exact))
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-12)

    for name in ("out", "grad"):
        close([row for part in parts for row in part[name]], whole[name])
    for i, exact in enumerate(whole["parameters"]):
        summed = sum(torch.tensor(part["parameters"][i], dtype=torch.float64) for part in parts)
        close(torch.as_tensor(summed).tolist(), exact)
    for part in parts:
        for ours, exact in zip(part["buffers"], whole["buffers"], strict=True):
            close(ours, exact)


@pytest.mark.parametrize("kind", ["flat", "maps", "timm"])
def test_alone_it_is_torchs(kind: str) -> None:
    plain, ours = norm(kind), nn.Sequential(norm(kind))
    make_global(ours)
    x, _ = rows(kind)
    assert torch.equal(ours(x), plain(x))
    assert torch.equal(ours.eval()(x), plain.eval()(x))
    assert ours.state_dict().keys() == {f"0.{name}" for name in plain.state_dict()}
