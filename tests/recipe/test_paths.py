"""Paths, before anything slow."""

import os
from pathlib import Path

import pytest

from lookalike.errors import DataError, StorageError
from lookalike.files import nearby
from lookalike.recipe.paths import check_images, check_out


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clothing/train").mkdir(parents=True)
    (tmp_path / "file.txt").touch()
    return tmp_path


def test_images_that_are_there(here: Path) -> None:
    for path in ("digits", "shapes", "clothing", "clothing/train/", str(here), "file.txt", "."):
        check_images(path)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("clothng", "'clothing'"),
        ("clothng/train", "'clothing/train'"),
        ("clothing/trian", "'clothing/train'"),
        ("digts", "'digits'"),
        ("zzz", "Give a folder, a Parquet file or a named set: digits, shapes."),
        ("file.txt/train", "Give a folder"),
    ],
)
def test_images_that_are_not(path: str, says: str) -> None:
    with pytest.raises(DataError) as caught:
        check_images(path)
    assert path in caught.value.what
    assert says in caught.value.do


def test_absolute_paths(here: Path) -> None:
    assert nearby(str(here / "clothng")) == f"Did you mean '{here / 'clothing'}'?"
    assert nearby(str(here / "zzz")) == ""


def test_a_run_folder_that_may_be_made(here: Path) -> None:
    for folder in ("runs/a/b", "clothing", str(here / "new")):
        check_out(Path(folder))
    assert sorted(path.name for path in here.iterdir()) == ["clothing", "file.txt"]


@pytest.mark.parametrize("folder", ["file.txt", "file.txt/run", "./file.txt/a/b"])
def test_a_file_in_the_way(folder: str) -> None:
    with pytest.raises(StorageError, match="is a file"):
        check_out(Path(folder))


def test_a_place_without_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StorageError, match=r"may not write in .*clothing") as caught:
        check_out(Path("clothing/run"))
    assert "--out" in caught.value.do
