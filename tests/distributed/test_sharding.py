"""Spread parameters train as whole ones: loss, gradients, checkpoints."""

from pathlib import Path
from typing import Any

import pytest
import torch

from contract.micro import SIZE, make_batch
from distributed.processes import run
from lookalike import distributed
from lookalike.methods.simclr import SimCLR
from lookalike.nn.encoder import Encoder
from lookalike.nn.norm import make_global
from lookalike.training import checkpoint, large_batch
from lookalike.training.optimizers import adamw, parameter_groups
from lookalike.training.sharding import shard, whole

COUNTS = {1: [8], 2: [5, 3]}


def work(
    rank: int,
    counts: list[int],
    spread: bool,
    folder: str,
    updates: int,
    piece: int | None = None,
) -> dict[str, Any]:
    """Goes on from a checkpoint for some updates; summed losses, and the last gradients.

    In pieces there is no head, whose batch norm would see the piece.
    """
    torch.manual_seed(0)
    head = "none" if piece else "linear"
    method = SimCLR(Encoder("vit_tiny_patch16_224", SIZE), projector=head).double()
    if distributed.world() > 1:
        make_global(method)
    if spread:
        shard(method, torch.device("cpu"))
    optimizer = adamw(parameter_groups(method))
    done = checkpoint.restore(Path(folder), method, optimizer)
    every, start = make_batch(), sum(counts[:rank])
    rows = slice(start, start + counts[rank])
    batch = every._replace(
        views=tuple(view.double()[rows] for view in every.views),
        image=every.image[rows],
        label=every.label[rows],
        key=every.key[rows],
    )
    losses = []
    for group in optimizer.param_groups:
        group["lr"] = 1e-3
    for update in range(done, done + updates):
        step, pull = large_batch.step(method, batch, seed=update, piece=piece)
        pull()
        distributed.sum_gradients(method.parameters())
        losses.append(distributed.summed(step.loss.detach()).item())
        gradients = [whole(p.grad).flatten() for p in method.parameters() if p.grad is not None]
        optimizer.step()
        optimizer.zero_grad()
    checkpoint.save(Path(folder), done + updates, method, optimizer)
    return {"losses": losses, "gradients": torch.cat(gradients)[::501].tolist()}


def close(ours: list[float], exact: list[float]) -> bool:
    return ours == pytest.approx(exact, rel=1e-7, abs=1e-10)


def test_spread_parameters_train_as_whole_ones(tmp_path: Path) -> None:
    """Two updates spread, one whole and one spread again, each from the last one's checkpoint."""
    exact = work(0, COUNTS[1], False, str(tmp_path / "one"), 4)
    shared, losses = str(tmp_path / "shared"), []
    for part, (count, spread, updates) in enumerate([(2, True, 2), (2, False, 1), (2, True, 1)]):
        folder = tmp_path / str(part)
        folder.mkdir()
        arguments = (COUNTS[count], spread, shared, updates)
        results = run("distributed.test_sharding:work", count, folder, *arguments)
        losses += results[0]["losses"]
    assert close(losses, exact["losses"])
    for result in results:
        assert close(result["gradients"], exact["gradients"])


def test_pieces_of_spread_parameters_equal_the_whole(tmp_path: Path) -> None:
    exact = work(0, COUNTS[1], False, str(tmp_path / "one"), 2, 8)
    arguments = (COUNTS[2], True, str(tmp_path / "two"), 2, 2)
    for result in run("distributed.test_sharding:work", 2, tmp_path, *arguments):
        assert close(result["losses"], exact["losses"])
        assert close(result["gradients"], exact["gradients"])
