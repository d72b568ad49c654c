"""Several gloo processes are one: values and gradients of every method, for uneven shares."""

import functools
import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from contract.micro import build, make_batch
from distributed.processes import run
from lookalike import distributed
from lookalike.methods import METHODS
from lookalike.nn.norm import make_global
from lookalike.training import large_batch

COUNTS = {1: [8], 2: [5, 3], 4: [2, 1, 3, 2]}
NORMS = ["frozen", "global"]
Results = dict[str, dict[str, Any]]
"""Method → its loss and gradients."""


def work(rank: int, counts: list[int], norms: str, piece: int | None, planted: bool) -> Results:
    """What every method makes of this process's rows: one start of processes serves them all."""
    return {name: share_of(name, rank, counts, norms, piece, planted) for name in METHODS}


def share_of(
    name: str, rank: int, counts: list[int], norms: str, piece: int | None, planted: bool
) -> dict[str, Any]:
    """Loss and summed gradients of this process's rows of the batch, in float64."""
    method = build(name).double()
    if norms == "global":
        make_global(method)
    else:
        for module in method.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
    whole, start = make_batch(), sum(counts[:rank])
    rows = slice(start, start + counts[rank])
    views = tuple(view.double()[rows] for view in whole.views)
    share = whole._replace(
        views=views, image=whole.image[rows], label=whole.label[rows], key=whole.key[rows]
    )
    step, pull = large_batch.step(method, share, seed=0, piece=piece)
    pull()
    if not planted:
        distributed.sum_gradients(method.parameters())
    gradients = [p.grad.flatten() for p in method.parameters() if p.grad is not None]
    loss = distributed.summed(step.loss.detach()).item()
    return {"loss": loss, "gradients": torch.cat(gradients).tolist()}


@functools.cache
def results(
    count: int, norms: str, piece: int | None = None, planted: bool = False
) -> list[Results]:
    """Of each process."""
    with tempfile.TemporaryDirectory() as folder:
        given = (COUNTS[count], norms, piece, planted)
        return run("contract.test_processes:work", count, Path(folder), *given)


@functools.cache
def exact(name: str, norms: str) -> dict[str, Any]:
    return share_of(name, 0, [8], norms, None, False)


def agrees(name: str, norms: str, found: list[Results]) -> None:
    expected = exact(name, norms)
    for result in found:
        assert result[name]["loss"] == pytest.approx(expected["loss"], rel=1e-12)
        gradients = torch.tensor(result[name]["gradients"], dtype=torch.float64)
        whole = torch.tensor(expected["gradients"], dtype=torch.float64)
        assert torch.allclose(gradients, whole, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("norms", NORMS)
@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("name", sorted(METHODS))
def test_processes_equal_one(name: str, count: int, norms: str) -> None:
    agrees(name, norms, results(count, norms))


@pytest.mark.parametrize("name", sorted(METHODS))
def test_processes_in_pieces_equal_one(name: str) -> None:
    """Five and three images in pieces of two: both processes embed three times."""
    agrees(name, "frozen", results(2, "frozen", piece=2))


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_missing_all_reduce_would_be_found(name: str) -> None:
    with pytest.raises(AssertionError):
        agrees(name, "frozen", results(2, "frozen", planted=True))
