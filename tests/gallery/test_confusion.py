"""Which classes are taken for which, beside scikit-learn's count."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from gallery.kept import write_guesses
from gallery.runs import write_run
from lookalike.gallery.confusion import MATRIX, confusion, counted


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run")


def test_counts_are_those_of_scikit_learn(run: Path) -> None:
    chance = np.random.default_rng(0)
    label, guess = chance.integers(0, 7, 500), chance.integers(0, 9, 500)
    names = [f"kind {number}" for number in range(12)]
    found = confusion(write_guesses(run, label, guess, names), notes := [])
    assert found is not None
    assert notes == []
    present = sorted({*label.tolist(), *guess.tolist()})
    assert found.classes == [names[number] for number in present]
    assert (found.counts == confusion_matrix(label, guess, labels=present)).all()
    normal = confusion_matrix(label, guess, labels=present[:7], normalize="true")
    all_shares = found.shares[:7, :7]
    # scikit-learn leaves out the images that were taken for other classes; here they count.
    kept = np.array([(np.isin(guess[label == k], present[:7])).mean() for k in range(7)])
    assert np.allclose(all_shares, normal * kept[:, None])


def test_pairs_go_by_the_share_of_the_class() -> None:
    label = [0] * 100 + [1] * 10 + [2] * 4
    guess = [1] * 30 + [0] * 70 + [2] * 5 + [1] * 5 + [2] * 4
    pairs = counted(np.array(label), np.array(guess), ["a", "b", "c"]).pairs
    assert pairs == [("b", "c", 5, 0.5), ("a", "b", 30, 0.3)]


def test_many_classes_are_no_table() -> None:
    label = np.arange(MATRIX + 1)
    found = counted(label, np.roll(label, 1), [])
    assert not found.readable
    assert counted(label[:-1], label[:-1], []).readable
    assert len(found.pairs) == 20
    assert found.pairs[0][:2] == ("class 0", f"class {MATRIX}")


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, b"\x02\0\0\0\0\0\0\0{}"])
def test_damage_is_noted(run: Path, content: bytes) -> None:
    path = run / "evaluations" / "linear.safetensors"
    path.write_bytes(content)
    assert confusion(path, notes := []) is None
    assert "linear.safetensors could not be read" in notes[0]
    path.unlink()
    assert confusion(path, none := []) is None
    assert none == []


def test_columns_of_different_length_are_damage(run: Path) -> None:
    assert confusion(write_guesses(run, [0, 1, 2], [0, 1]), notes := []) is None
    assert len(notes) == 1
