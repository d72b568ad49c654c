"""Training by several processes is training by one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from distributed.processes import end, run
from lookalike import distributed
from lookalike.data.loading import Loader
from lookalike.data.opening import open_source
from lookalike.methods.simclr import SimCLR
from lookalike.nn.encoder import Encoder
from lookalike.nn.norm import make_global
from lookalike.signals import StopFlag
from lookalike.training import checkpoint
from lookalike.training.loop import train
from lookalike.training.monitors import Moment
from lookalike.training.optimizers import parameter_groups, sgd
from lookalike.training.runtime import Runtime
from lookalike.views.presets import POLICIES

CPU = torch.device("cpu")
THIS = "distributed.test_training"


class Losses:
    """Remembers them, and may raise a flag."""

    def __init__(self, stop: StopFlag, signal_after: int | None) -> None:
        self.seen: list[float] = []
        self.stop, self.signal_after = stop, signal_after

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        self.seen.append(moment.step.loss.item())
        if self.signal_after == len(self.seen):
            self.stop.signal = 15
        return {}


def work(
    rank: int,
    folder: str,
    stop_at: int,
    piece: int | None = None,
    signal: list[int] | None = None,
    fails: int | None = None,
) -> dict[str, Any]:
    """Goes on from a checkpoint, if there is one, and leaves one at `stop_at` updates.

    Args:
        rank: of this process.
        folder: of checkpoints.
        stop_at: updates.
        piece: see `train`.
        signal: which process is asked to stop, after how many updates.
        fails: which process raises an error after its first update.
    """
    torch.manual_seed(0)
    policies = tuple(replace(policy, size=16) for policy in POLICIES["simclr-cifar"])
    loader = Loader(open_source("shapes", limit=200), policies, batch=30, seed=0, device=CPU)
    method = SimCLR(Encoder("resnet8", 16), temperature=0.5)
    if distributed.world() > 1:
        make_global(method)
    optimizer = sgd(parameter_groups(method))
    done = checkpoint.restore(Path(folder), method, optimizer)
    stop = StopFlag()
    losses = Losses(stop, signal[1] if signal and signal[0] == rank else None)

    def failing() -> Any:
        for i, batch in enumerate(loader.batches(done, stop_at)):
            if fails == rank and i == 1:
                raise RuntimeError("planted")
            yield batch

    done = train(
        method,
        failing(),
        optimizer,
        lambda _update: 2e-4,
        runtime=Runtime(CPU, torch.float32),
        seed=0,
        start=done,
        updates=20,
        piece=piece,
        monitors=[losses],
        stop=stop,
    )
    if rank == 0:
        checkpoint.save(Path(folder), done, method, optimizer)
    return {"done": done, "losses": losses.seen}


@pytest.mark.parametrize("count", [2, 4])
def test_twenty_updates(count: int, tmp_path: Path) -> None:
    alone = work(0, str(tmp_path / "one"), 20)
    for result in run(f"{THIS}:work", count, tmp_path, str(tmp_path / "many"), 20):
        assert result["losses"] == pytest.approx(alone["losses"], rel=1e-5)


def test_a_run_goes_on_with_another_number_of_processes(tmp_path: Path) -> None:
    alone = work(0, str(tmp_path / "one"), 9)
    shared = str(tmp_path / "shared")
    for part, (count, stop_at) in enumerate([(2, 3), (3, 6), (2, 9)]):
        folder = tmp_path / str(part)
        folder.mkdir()
        results = run(f"{THIS}:work", count, folder, shared, stop_at)
        assert {result["done"] for result in results} == {stop_at}
    assert results[0]["losses"] == pytest.approx(alone["losses"][6:], rel=1e-5)


def test_when_one_is_asked_to_stop_all_stop(tmp_path: Path) -> None:
    results = run(f"{THIS}:work", 2, tmp_path, str(tmp_path / "c"), 20, None, [1, 3])
    assert [result["done"] for result in results] == [3, 3]


def test_when_one_fails_none_hangs(tmp_path: Path) -> None:
    codes = end(f"{THIS}:work", 2, tmp_path, str(tmp_path / "c"), 20, None, None, 1)
    assert all(code != 0 for code in codes)


def test_shares_cover_every_batch() -> None:
    """For every remainder, no process waits for a batch that another does not get."""

    class Rank(pytest.MonkeyPatch):
        def shares(self, world: int, count: int) -> list[list[int]]:
            self.setattr(distributed, "world", lambda: world)
            parts = []
            for rank in range(world):
                self.setattr(distributed, "rank", lambda rank=rank: rank)
                parts.append([*distributed.share(count)])
            self.undo()
            return parts

    ranks = Rank()
    for world in (1, 2, 3, 4, 8):
        for count in range(world, 81):
            parts = ranks.shares(world, count)
            assert [place for part in parts for place in part] == [*range(count)]
            assert max(map(len, parts)) - min(map(len, parts)) <= 1
            assert min(map(len, parts)) >= 1


def test_no_number_of_images_hangs(tmp_path: Path) -> None:
    """Two processes, batch 8: every number of images from 8 to 88, so every remainder of 1…80."""
    for result in run(f"{THIS}:count_batches", 2, tmp_path):
        assert result == [images // 8 for images in range(8, 89)]


def count_batches(rank: int) -> list[int]:
    """How many batches an epoch gives, gathering a row of each as a method would."""
    counts = []
    policies = tuple(replace(policy, size=8) for policy in POLICIES["simclr-digits"])
    source = open_source("digits")
    for images in range(8, 89):
        part = replace(source, images=source.images[:images], label=source.label[:images])
        loader = Loader(part, policies, batch=8, seed=0, device=CPU)
        batches = [*loader.batches(0, loader.updates_per_epoch)]
        for batch in batches:
            assert distributed.total_rows(batch.image) == 8
        counts.append(len(batches))
    return counts
