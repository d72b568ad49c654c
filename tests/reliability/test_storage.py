"""Saving at its worst moments: crashes at every call, full disks, limits, folders that vanish."""

import errno
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lookalike import files
from lookalike.errors import StorageError
from lookalike.recipe.build import build_method, build_optimizer
from lookalike.recipe.overrides import Layer, resolve
from lookalike.recipe.plan import Plan
from lookalike.run import pretrain
from lookalike.training import checkpoint, room
from lookalike.training.checkpoint import generations, restore, save
from lookalike.training.optimizers import adamw, parameter_groups
from lookalike.training.room import check_room, checkpoint_size
from reliability.disk import ENDED, Disk, in_child, is_full, power_fails, process_ends
from reliability.trial import METHODS, RECIPE, Nursery

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

ROOT = os.geteuid() == 0


def learner(done: int = 0) -> tuple[nn.Module, torch.optim.Optimizer]:
    """A few weights, which say how many updates were done."""
    module = nn.Linear(3, 2)
    optimizer = adamw(parameter_groups(module))
    for parameter in module.parameters():
        parameter.data.fill_(done)
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    return module, optimizer


def restored(folder: Path) -> int:
    """The updates of the checkpoint that a run would go on from; its weights say the same."""
    module, optimizer = learner()
    done = restore(folder, module, optimizer)
    assert all((p == done).all() for p in module.parameters())
    return done


def saved(folder: Path, *numbers: int) -> Path:
    for done in numbers:
        save(folder, done, *learner(done))
    return folder


@pytest.mark.parametrize("event", [process_ends, power_fails])
@pytest.mark.parametrize("before", [(), (1,), (1, 2)])
def test_a_crash_at_every_call_leaves_a_checkpoint(
    event: Callable[[Disk, str], None], before: tuple[int, ...], tmp_path: Path
) -> None:
    """The next save works, and removes what was left unfinished."""
    points = 0
    for at in count():
        folder = saved(tmp_path / str(at), *before)

        def crash(at: int = at, folder: Path = folder) -> None:
            with Disk(at, event):
                saved(folder, 9)

        code = in_child(crash)
        assert restored(folder) in ({9} if code == 0 else {max(before, default=0), 9})
        assert restored(saved(folder, 10)) == 10
        assert not list(folder.glob(".*"))
        if code == 0:
            break
        assert code == ENDED
        points += 1
        shutil.rmtree(folder)
    assert points >= 12


@pytest.mark.parametrize("event", [process_ends, power_fails])
def test_a_crash_leaves_the_old_file_or_the_new_one(
    event: Callable[[Disk, str], None], tmp_path: Path
) -> None:
    path = tmp_path / "file"
    seen = set()
    for at in count():
        files.write_text(path, "old")

        def crash(at: int = at) -> None:
            with Disk(at, event):
                files.write_text(path, "new")

        code = in_child(crash)
        seen.add(path.read_text())
        if code == 0:
            break
    assert at == 8  # mkdir, open, two halves of a write, sync, replace, unlink, sync of the folder
    assert seen == {"old", "new"}
    files.sweep(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_at_every_call(tmp_path: Path) -> None:
    """Says what is needed and free; the last checkpoint loads; nothing stays in the way."""
    folder = saved(tmp_path, 1, 2)
    for at in count():
        refused = None
        try:
            with Disk(at, is_full):
                saved(folder, 9)
        except StorageError as error:
            refused = error
        if refused is None:
            break
        assert refused.exit_code == 4
        assert str(folder / "00000009") in str(refused)
        assert "bytes are needed and" in str(refused)
        assert "No space left" in str(refused)
        assert restored(folder) in (2, 9)
        shutil.rmtree(folder)
        assert restored(saved(folder, 1, 2)) == 2
    assert at >= 12


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    folder = saved(tmp_path, 1)

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
        saved(folder, 2)

    assert in_child(work) == StorageError.exit_code
    assert [path.name for path in folder.iterdir()] == ["00000001"]
    assert restored(folder) == 1


@pytest.mark.skipif(not ROOT, reason="only root can mount a small disk")
def test_a_small_disk(tmp_path: Path) -> None:
    """One megabyte of memory as a disk: the first checkpoints fit, then it is full."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounts are refused here")
    try:
        folder = saved(tmp_path / "checkpoints", 1, 2)
        ballast = tmp_path / "ballast"
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, files.free(tmp_path) or 0)
        with pytest.raises(StorageError, match="bytes are needed and 0 bytes are free"):
            saved(folder, 3)
        assert restored(folder) == 2
        with pytest.raises(StorageError, match="do not fit"):
            check_room(folder, learner(), {})
        ballast.unlink()
        check_room(folder, learner(), {})
        assert restored(saved(folder, 3)) == 3
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.skipif(not ROOT, reason="only root can become another user")
@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_folder_of_somebody_else(mode: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        folder = saved(Path(place) / "run", 1)
        folder.chmod(mode)

        def work() -> None:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            saved(folder, 2)

        assert in_child(work) == StorageError.exit_code
        folder.chmod(0o755)
        assert restored(folder) == 1
        assert [path.name for path in folder.iterdir()] == ["00000001"]


def test_a_run_folder_that_vanishes_is_not_made_again(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    saved(run / "checkpoints", 1)
    run.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="Cannot write"):
        saved(run / "checkpoints", 2)
    assert not run.exists()
    assert restored(tmp_path / "elsewhere" / "checkpoints") == 1


def test_a_run_whose_disk_fails_says_so_and_goes_on_later(nursery: Nursery, tmp_path: Path) -> None:
    """First its files may not grow, then its folder is moved away; then it may finish."""
    out, moved = tmp_path / "run", tmp_path / "moved"
    endless = {"duration": "1000 epochs"}
    trial = nursery.start(out, **endless)
    _wait_for_a_checkpoint(out)
    resource.prlimit(trial.pid, resource.RLIMIT_FSIZE, (4096, 4096))
    assert trial.wait(60) == StorageError.exit_code
    done = restored_name(out)
    trial = nursery.start(out, **endless)
    _wait_for_a_checkpoint(out, done)
    out.rename(moved)
    assert trial.wait(60) == StorageError.exit_code
    assert not (out / "checkpoints").exists()
    assert restored_name(moved) > done


def restored_name(out: Path) -> int:
    """The updates of the newest checkpoint, which is sound."""
    newest = generations(out / "checkpoints")[0]
    checkpoint.read(newest)
    return int(newest.name)


def _wait_for_a_checkpoint(out: Path, after: int = 0) -> None:
    deadline = time.monotonic() + 60
    while not any(int(path.name) > after for path in generations(out / "checkpoints")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


PAIRS: list[tuple[str, dict[str, Any]]] = [
    ("simclr", {"name": "sgd"}),
    ("simclr", {"name": "adamw"}),
    ("simclr", {"name": "lars"}),
    ("supcon", {"name": "lars", "popular": True}),
    ("byol", {"name": "lars-byol"}),
    ("byol", {"name": "adamw"}),
    ("moco", {"name": "sgd", "momentum": 0.9}),
    ("moco-v3", {"name": "lars-moco-v3"}),
    ("mae", {"name": "adamw"}),
    ("swav", {"name": "larc"}),
    ("nnclr", {"name": "sgd"}),
    ("dino", {"name": "timm", "algorithm": "adafactor", "weight_decay": 0.0}),
    ("barlow-twins", {"name": "timm", "algorithm": "lamb", "weight_decay": 0.0}),
    ("simclr", {"name": "timm", "algorithm": "muon", "weight_decay": 0.0}),
]


@pytest.mark.parametrize(("method", "optimizer"), PAIRS)
def test_the_size_of_a_checkpoint_is_known_before(
    method: str, optimizer: dict[str, Any], tmp_path: Path
) -> None:
    recipe, _ = Plan(f"{method}-digits").recipe("cpu")
    recipe = recipe.model_copy(update={"optimizer": optimizer})
    built = build_method(recipe, 1, 10)
    pair = built, build_optimizer(recipe, built)
    weights = {name: tensor.clone() for name, tensor in built.state_dict().items()}
    expected = checkpoint_size(pair, {})
    assert not pair[1].state, "trying left something behind"
    for name, tensor in built.state_dict().items():
        assert torch.equal(tensor, weights[name])
    for parameter in built.parameters():
        if parameter.requires_grad:
            parameter.grad = torch.zeros_like(parameter)
    pair[1].step()
    save(tmp_path, 1, *pair)
    actual = (tmp_path / "00000001" / "state.safetensors").stat().st_size
    assert expected == pytest.approx(actual, rel=0.01)


@pytest.mark.parametrize(("there", "times"), [((), 3), ((1,), 2), ((1, 2), 1)])
def test_room_for_one_more_than_is_kept(
    there: tuple[int, ...], times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = saved(tmp_path / "checkpoints", *there)
    size = checkpoint_size(learner(), {})
    monkeypatch.setattr(files, "free", lambda _: times * size)
    check_room(folder, learner(), {})
    monkeypatch.setattr(files, "free", lambda _: times * size - 1)
    with pytest.raises(StorageError) as error:
        check_room(folder, learner(), {})
    assert f"{times * size:,} bytes are needed ({times} of {size:,})" in str(error.value)
    assert f"{times * size - 1:,} are free" in str(error.value)


def test_a_quota_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Free space is not all: the file system is asked to reserve the files."""

    def refuse(*_: int) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(room.os, "posix_fallocate", refuse)
    with pytest.raises(StorageError, match="quota"):
        check_room(tmp_path / "checkpoints", learner(), {})

    def know_nothing(*_: int) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(room.os, "posix_fallocate", know_nothing)
    check_room(tmp_path / "checkpoints", learner(), {})
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_room_does_not_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = resolve([Layer("trial", RECIPE | METHODS["simclr"])])
    monkeypatch.setattr(files, "free", lambda _: 1_000_000)
    with pytest.raises(StorageError, match="do not fit"):
        pretrain(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()
