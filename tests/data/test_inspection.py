"""Pictures and arrays of other channels do not mix: the first array decides, unless one is told."""

from pathlib import Path

import numpy as np
import pytest

from data.pictures import noise, save
from lookalike.data.inspection import inspect
from lookalike.data.listing import FolderFiles
from lookalike.data.reasons import Remark


def files(root: Path, kinds: str) -> FolderFiles:
    """A digit is an array of that many channels; g and c are grey and colour pictures, x is none."""
    paths = []
    for place, kind in enumerate(kinds):
        path = root / f"{place}-{kind}"
        if kind.isdigit():
            np.save(path.with_suffix(".npy"), noise(place, 8, 9, int(kind)))
            path = path.with_suffix(".npy")
        elif kind == "x":
            path.write_bytes(b"")
        else:
            save(path.with_suffix(".png"), noise(place, 8, 9, 1 if kind == "g" else 3))
            path = path.with_suffix(".png")
        paths.append(path.name)
    return FolderFiles(root, paths)


@pytest.mark.parametrize(
    ("kinds", "asked", "channels", "used"),
    [
        ("gg", None, 1, "gg"),
        ("gc", None, 3, "gc"),
        ("55", None, 5, "55"),
        ("22", None, 2, "22"),
        ("5457", None, 5, "55"),
        ("x4545", None, 4, "44"),
        ("cg5c5", None, 5, "55"),  # a picture is not made of five channels
        ("c2", None, 2, "2"),
        ("cg3", None, 3, "cg3"),
        ("cg1", None, 1, "cg1"),
        ("31", None, 3, "3"),  # an array of one channel need not be grey
        ("5457", 4, 4, "4"),
        ("cg54", 3, 3, "cg"),
        ("cg54", 1, 1, "cg"),
        ("cg54", 5, 5, "5"),
        ("cg54", 7, 7, ""),
    ],
)
def test_which_are_used(tmp_path, kinds, asked, channels, used):
    inspected = inspect(files(tmp_path, kinds), len(kinds), asked)
    assert inspected.channels == channels
    assert "".join(kinds[row] for row in inspected.rows) == used
    assert sorted([*inspected.rows.tolist(), *inspected.skipped]) == list(range(len(kinds)))
    assert inspected.sizes.tolist() == [[8, 9]] * len(used)


def test_a_reason_names_both_numbers(tmp_path):
    inspected = inspect(files(tmp_path, "5c1x"), 4)
    assert inspected.skipped == {
        1: "other channels than wanted: 3 channels instead of 5",
        2: "other channels than wanted: 1 channel instead of 5",
        3: "empty file",
    }


def test_sixteen_bits_are_seen(tmp_path):
    for name, kind in (("a", np.uint8), ("b", np.uint16), ("c", ">u2")):
        np.save(tmp_path / f"{name}.npy", np.zeros((4, 4, 5), kind))
    remarks = inspect(FolderFiles(tmp_path, ["a.npy", "b.npy", "c.npy"]), 3).remarks
    assert remarks.tolist() == [0, Remark.DEEP, Remark.DEEP]
