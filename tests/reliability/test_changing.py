"""Files that change while a run trains on them: left out, named, and the run still ends the same."""

import io
import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from data.pictures import noise, save
from lookalike.data import opening
from lookalike.data.cropping import Cropper
from lookalike.data.opening import open_source, reopen
from lookalike.data.sources import Photos
from lookalike.errors import DataError, Interrupted, UsageError
from lookalike.recipe.overrides import Layer, resolve
from lookalike.recipe.schema import Recipe
from lookalike.run.training.pretraining import pretrain

SIZE = (100, 104)
COUNT, BATCH, EPOCHS = 48, 16, 4


def photos(root: Path, count: int = COUNT) -> Path:
    for number in range(count):
        path = save(root / "ab"[number % 2] / f"{number:02}.png", noise(number, *SIZE))
        os.utime(path, ns=(0, 10**18))
    return root


def recipe(root: Path, **data: object) -> Recipe:
    values = {
        "name": "changing",
        "method": {"name": "simclr"},
        "encoder": {"name": "resnet8"},
        "views": {"preset": "simclr-cifar", "size": 16},
        "data": {"path": str(root), **data},
        "batch": BATCH,
        "duration": f"{EPOCHS} epochs",
        "optimizer": {"name": "sgd"},
        "rate": {"constant": 0.1},
        "precision": "float32",
    }
    return resolve([Layer("changing", values)])


def spoil(root: Path) -> dict[str, str]:
    """Seven accidents; returns what the books shall say of each."""
    accidents: list[tuple[Callable[[Path], object], str]] = [
        (lambda _: None, "gone, or a broken link"),
        (lambda path: path.mkdir(), "not a regular file"),
        (lambda path: os.mkfifo(path), "not a regular file"),
        (lambda path: path.symlink_to(path), "gone, or a broken link"),
        (lambda path: path.write_bytes(b""), "changed since it was listed"),
        (lambda path: path.write_bytes(save(root / "x", noise(0, *SIZE), format="PNG").read_bytes()),
         "changed since it was listed"),
        (lambda path: save(path, noise(99, *SIZE)), "changed since it was listed"),
    ]  # fmt: skip
    expected = {}
    for number, (happen, reason) in enumerate(accidents):
        path = root / "ab"[number % 2] / f"{number:02}.png"
        path.unlink()
        happen(path)
        expected[str(path.relative_to(root))] = reason
    (root / "x").unlink()
    return expected


def accident_at(
    monkeypatch: pytest.MonkeyPatch, request: int, *happens: Callable[[], object]
) -> None:
    """Lets something happen when a batch is asked for."""
    asked = 0

    def crops(self: Cropper, each: object, real=Cropper.__getitem__) -> object:
        nonlocal asked
        if (asked := asked + 1) == request:
            for happen in happens:
                happen()
        return real(self, each)

    monkeypatch.setattr(Cropper, "__getitem__", crops)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def final_state(out: Path) -> bytes:
    """The weights and all else of the finished run."""
    newest = max((out / "checkpoints").iterdir(), key=lambda path: path.name)
    assert int(newest.name) == EPOCHS * COUNT // BATCH
    return (newest / "state.safetensors").read_bytes()


def run(root: Path, out: Path, told: io.StringIO | None = None, **data: object) -> None:
    console = Console(file=told or io.StringIO(), width=200)
    pretrain(recipe(root, **data), out, workers=0, console=console, evaluate=False)


def test_a_run_goes_on_with_the_pictures_it_began_with(tmp_path, monkeypatch):
    """Stopped after the accident or not: the same bytes, though new files came as well."""
    root, other = photos(tmp_path / "photos"), photos(tmp_path / "whole")
    with monkeypatch.context() as patch:
        accident_at(patch, 7, lambda: spoil(other))
        run(other, tmp_path / "one")
    expected: dict[str, str] = {}
    with monkeypatch.context() as patch:
        accident_at(patch, 7, lambda: expected.update(spoil(root)), interrupt)
        with pytest.raises(Interrupted):
            run(root, tmp_path / "other")
    for number in range(5):
        save(root / "a" / f"new-{number}.png", noise(200 + number, *SIZE))
    told = io.StringIO()
    monkeypatch.setattr(opening, "inspect", None)  # nobody reads all headers again
    run(root, tmp_path / "other", told)
    assert told.getvalue().count("it goes on with those it knew") == 1
    assert "41 pictures used; 7 skipped" in told.getvalue()
    books = json.loads((tmp_path / "other" / "ledger.json").read_text())
    assert {name: line.partition(":")[0] for name, line in books["skipped"].items()} == expected
    assert (books["found"], books["used"]) == (COUNT, COUNT - 7)
    assert final_state(tmp_path / "other") == final_state(tmp_path / "one")


def test_a_run_without_accidents_is_told_nothing(tmp_path, monkeypatch):
    root = photos(tmp_path / "photos")
    with monkeypatch.context() as patch:
        accident_at(patch, 5, interrupt)
        with pytest.raises(Interrupted):
            run(root, tmp_path / "run")
    told = io.StringIO()
    run(root, tmp_path / "run", told)
    assert "those it knew" not in told.getvalue()
    assert "skipped" not in told.getvalue()


def test_too_many_losses_stop_a_run_and_a_larger_share_lets_it_go_on(tmp_path, monkeypatch):
    root, out = photos(tmp_path / "photos"), tmp_path / "run"

    def lose_three() -> None:
        for path in sorted(root.rglob("*.png"))[:3]:
            path.unlink()

    with monkeypatch.context() as patch:
        accident_at(patch, 4, lose_three)
        with pytest.raises(DataError, match="more than the 0 tolerated") as caught:
            run(root, out, tolerate=0.0)
    assert re.search(r"\d gone, or a broken link: 'a/0\d.png'", caught.value.why)
    assert json.loads((out / "ledger.json").read_text())["reasons"]["gone, or a broken link"] >= 1
    run(root, out, tolerate=0.1)
    assert json.loads((out / "ledger.json").read_text())["used"] == COUNT - 3
    assert final_state(out)


def test_another_folder_at_the_same_place_is_refused(tmp_path, monkeypatch):
    root = photos(tmp_path / "photos")
    with monkeypatch.context() as patch:
        accident_at(patch, 5, interrupt)
        with pytest.raises(Interrupted):
            run(root, tmp_path / "run")
    root.rename(tmp_path / "away")
    photos(root, COUNT - 2)
    for path in root.rglob("*.png"):
        os.utime(path)
    with pytest.raises(UsageError, match="saw other images"):
        run(root, tmp_path / "run")


def test_a_copy_is_listed_again(tmp_path):
    """Its files have other times; it has the same pictures, so the run may go on."""
    root, cache = photos(tmp_path / "photos"), tmp_path / "cache"
    source = open_source(root, cache=cache)
    found = reopen(source.fingerprint, cache)
    assert found is not None
    _, changed = found
    assert not changed
    for path in root.rglob("*.png"):
        os.utime(path, ns=(0, 10**18 + 5))
    assert reopen(source.fingerprint, cache) is None
    assert open_source(root, cache=cache).fingerprint == source.fingerprint


@pytest.mark.parametrize("size", [SIZE, (8, 8)])
def test_a_source_is_reopened_as_it_was(tmp_path, size):
    root, cache = tmp_path / "photos", tmp_path / "cache"
    for number in range(9):
        save(root / "abc"[number % 3] / f"{number}.png", noise(number, *size))
    (root / "a" / "bad.png").write_bytes(b"")
    (root / "notes.txt").touch()
    source = open_source(root, cache=cache, limit=9)
    found = reopen(source.fingerprint, cache)
    assert found is not None
    again, _ = found
    assert type(again) is type(source)
    assert (again.name, again.classes, again.channels) == (
        source.name,
        source.classes,
        source.channels,
    )
    assert [*again.names] == [*source.names]
    assert torch.equal(again.label, source.label)
    assert again.ledger == source.ledger
    if isinstance(source, Photos) and isinstance(again, Photos):
        assert torch.equal(again.sizes, source.sizes)
        np.testing.assert_array_equal(again.read(3), source.read(3))


@pytest.mark.parametrize("damage", [b"", b"\xff" * 100, b"\x08" + bytes(7) + b'{"a": 1}'])
def test_a_damaged_listing_is_made_again(tmp_path, damage):
    root, cache = photos(tmp_path / "photos", 6), tmp_path / "cache"
    source = open_source(root, cache=cache)
    for path in cache.iterdir():
        path.write_bytes(damage)
    assert reopen(source.fingerprint, cache) is None
    assert open_source(root, cache=cache).fingerprint == source.fingerprint
    assert reopen(source.fingerprint, cache) is not None


def test_which_file_took_the_place_of_another_is_seen_at_once(tmp_path):
    """Of the same size and name, but written later."""
    root = photos(tmp_path / "photos", 4)
    source = open_source(root)
    assert isinstance(source, Photos)
    path = root / source.names[2]
    content = path.read_bytes()
    path.write_bytes(content)
    with pytest.raises(DataError, match="changed since it was listed"):
        source.read(2)


def test_an_unreadable_file(tmp_path, monkeypatch):
    source = open_source(photos(tmp_path / "photos", 4))
    assert isinstance(source, Photos)

    def refused(path: str, flags: int) -> int:  # root may open every file, so chmod would not do
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("lookalike.data.listing._at_once", refused)
    with pytest.raises(DataError, match="cannot be opened: Permission denied"):
        source.read(0)
