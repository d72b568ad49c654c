"""Two gloo processes are one: values and gradients of every method, for uneven shares of a batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch.nn.modules.batchnorm import _BatchNorm

from contract.micro import build, make_batch
from lookalike import distributed
from lookalike.methods import METHODS
from lookalike.training import large_batch

SHARES = {0: slice(0, 5), 1: slice(5, 8)}


@pytest.mark.parametrize("name", sorted(METHODS))
def test_two_processes_equal_one(name: str, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    workers = [
        subprocess.Popen(
            [sys.executable, __file__, name, str(rank), str(tmp_path)], env=environment
        )
        for rank in SHARES
    ]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    results = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in SHARES]
    loss, gradients = _step(name, slice(0, 8))
    assert sum(result["loss"] for result in results) == pytest.approx(loss, rel=1e-12)
    for result in results:
        assert result["gradients"] == pytest.approx(gradients, rel=1e-9, abs=1e-12)


def _step(name: str, rows: slice) -> tuple[float, list[float]]:
    """Loss and summed gradients of these rows of the batch, in float64 with frozen norms."""
    method, batch = build(name).double(), make_batch()
    for module in method.modules():
        if isinstance(module, _BatchNorm):
            module.eval()
    views = tuple(view.double()[rows] for view in batch.views)
    share = batch._replace(
        views=views, image=batch.image[rows], label=batch.label[rows], key=batch.key[rows]
    )
    step, pull = large_batch.step(method, share, seed=0)
    pull()
    distributed.sum_gradients(method.parameters())
    gradients = [p.grad.flatten() for p in method.parameters() if p.grad is not None]
    return step.loss.item(), torch.cat(gradients).tolist()


def _work(name: str, rank: int, folder: Path) -> None:
    store = dist.FileStore(str(folder / "store"), len(SHARES))
    dist.init_process_group("gloo", store=store, rank=rank, world_size=len(SHARES))
    loss, gradients = _step(name, SHARES[rank])
    dist.destroy_process_group()
    (folder / f"{rank}.json").write_text(json.dumps({"loss": loss, "gradients": gradients}))


if __name__ == "__main__":
    _work(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
