"""A checkpoint gives back the same bytes, survives damage, and is never half there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from lookalike import files
from lookalike.errors import StorageError
from lookalike.training import checkpoint
from lookalike.training.optimizers import adamw, lars, parameter_groups, sgd

Pair = tuple[nn.Module, torch.optim.Optimizer]


def make(build: Callable[..., torch.optim.Optimizer], seed: int = 0) -> Pair:
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(288, 4))
    module = module.to(memory_format=torch.channels_last)
    optimizer = build(parameter_groups(module))
    for group in optimizer.param_groups:
        group["lr"] = 0.1
    return module, optimizer


def advance(pair: Pair, updates: range) -> float:
    module, optimizer = pair
    for update in updates:
        x = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(update))
        loss = module(x.to(memory_format=torch.channels_last)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


@pytest.mark.parametrize("build", [sgd, adamw, lars])
def test_goes_on_with_the_same_bytes(
    build: Callable[..., torch.optim.Optimizer], tmp_path: Path
) -> None:
    pair = make(build)
    advance(pair, range(5))
    checkpoint.save(tmp_path, 5, *pair)
    expected = advance(pair, range(5, 12))
    other = make(build, seed=1)
    assert checkpoint.restore(tmp_path, *other) == 5
    assert advance(other, range(5, 12)) == expected
    for one, two in zip(pair[0].state_dict().values(), other[0].state_dict().values(), strict=True):
        assert torch.equal(one, two)


def test_two_generations_stay(tmp_path: Path) -> None:
    pair = make(sgd)
    for done in (1, 2, 3):
        checkpoint.save(tmp_path, done, *pair)
    assert [p.name for p in checkpoint.generations(tmp_path)] == ["00000003", "00000002"]


def test_every_damage_is_noticed(tmp_path: Path) -> None:
    pair = make(sgd)
    advance(pair, range(1))
    checkpoint.save(tmp_path, 1, *pair)
    advance(pair, range(1, 2))
    checkpoint.save(tmp_path, 2, *pair)
    state = tmp_path / "00000002" / "state.safetensors"
    sound = state.read_bytes()
    for place in range(0, len(sound), len(sound) // 50):
        state.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        assert checkpoint.restore(tmp_path, *pair) == 1
    state.write_bytes(sound[:-1])
    assert checkpoint.restore(tmp_path, *pair) == 1
    state.write_bytes(sound)
    assert checkpoint.restore(tmp_path, *pair) == 2


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 3}', '{"files": {"x": {}}}'])
def test_damaged_manifest(content: str, tmp_path: Path) -> None:
    pair = make(sgd)
    checkpoint.save(tmp_path, 1, *pair)
    (tmp_path / "00000001" / "manifest.json").write_text(content)
    with pytest.raises(StorageError, match="None of the 1 checkpoints"):
        checkpoint.restore(tmp_path, *pair)


class Crash(BaseException):
    """The machine stops here."""


def test_a_crash_at_any_point_of_saving_leaves_a_sound_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call that changes the disk is made to fail once, before and after it happened."""
    passed = 0
    crash_at = -1

    def maybe_crash() -> None:
        nonlocal passed
        passed += 1
        if passed == crash_at:
            raise Crash

    def watch(owner: object, name: str) -> None:
        original = getattr(owner, name)

        def stand_in(*args, **kwargs):
            maybe_crash()
            result = original(*args, **kwargs)
            maybe_crash()
            return result

        monkeypatch.setattr(owner, name, stand_in)

    for owner, name in [
        (checkpoint, "save_file"),
        (files, "sync"),
        (os, "fsync"),
        (Path, "rename"),
        (Path, "replace"),
        (Path, "mkdir"),
        (checkpoint.shutil, "rmtree"),
    ]:
        watch(owner, name)
    pair = make(sgd)
    points = 0
    while True:
        folder = tmp_path / str(points)
        crash_at = -1
        for done in (1, 2):
            checkpoint.save(folder, done, *pair)
        passed, crash_at = 0, points + 1
        try:
            checkpoint.save(folder, 3, *pair)
        except Crash:
            points += 1
            crash_at = -1
            assert checkpoint.restore(folder, *pair) in (2, 3)
            checkpoint.save(folder, 4, *pair)
            assert not list(folder.glob(".*")), "leftovers stay"
        else:
            break
    assert points > 15


def test_unwritable_folder(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(StorageError, match="Cannot write"):
        checkpoint.save(blocker / "checkpoints", 1, *make(sgd))
