"""Several gloo processes are one: values and gradients of every method, for uneven shares."""

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


def work(
    rank: int, name: str, norms: str, counts: list[int], piece: int | None, planted: bool
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


def results(folder: Path, count: int, *arguments: Any) -> list[dict[str, Any]]:
    name, norms, piece, planted = arguments
    given = (name, norms, COUNTS[count], piece, planted)
    return run("contract.test_processes:work", count, folder, *given)


@pytest.mark.parametrize("norms", NORMS)
@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("name", sorted(METHODS))
def test_processes_equal_one(name: str, count: int, norms: str, tmp_path: Path) -> None:
    exact = work(0, name, norms, [8], None, False)
    for result in results(tmp_path, count, name, norms, None, False):
        assert result["loss"] == pytest.approx(exact["loss"], rel=1e-12)
        assert result["gradients"] == pytest.approx(exact["gradients"], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_processes_in_pieces_equal_one(name: str, tmp_path: Path) -> None:
    """Five and three images in pieces of two: both processes embed three times."""
    exact = work(0, name, "frozen", [8], None, False)
    for result in results(tmp_path, 2, name, "frozen", 2, False):
        assert result["loss"] == pytest.approx(exact["loss"], rel=1e-12)
        assert result["gradients"] == pytest.approx(exact["gradients"], rel=1e-9, abs=1e-12)


def test_a_missing_all_reduce_would_be_found(tmp_path: Path) -> None:
    name = sorted(METHODS)[0]
    exact = work(0, name, "frozen", [8], None, False)
    for result in results(tmp_path, 2, name, "frozen", None, True):
        assert result["gradients"] != pytest.approx(exact["gradients"], rel=1e-3)
