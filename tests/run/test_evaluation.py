"""The exam: which images are looked at, how often, and what may choose."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from torch import nn

from lookalike.data.sources import Reader
from lookalike.errors import DataError
from lookalike.evaluation.subject import Subject, pixels
from lookalike.recipe.questions import read
from lookalike.run.judging.evaluation import Exam, examine, open_exam
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Fit, Policy

CPU = Runtime(torch.device("cpu"), torch.float32)
PLAIN = Policy(size=12, crop=Fit(), flip=0.0, normalize=None)


def _write(folder: Path, classes: dict[str, int], seed: int = 0) -> None:
    """Photos of several sizes, so that each is decoded whenever it is looked at."""
    chance = np.random.default_rng(seed)
    for number, (name, count) in enumerate(classes.items()):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = chance.normal(60 + 60 * number, 25, (90 + i, 110, 3)).clip(0, 255)
            Image.fromarray(pixels.astype("uint8")).save(folder / name / f"{i}.png")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    _write(tmp_path / "photos/train", {"a": 8, "b": 8, "c": 8})
    _write(tmp_path / "photos/test", {"a": 3, "b": 3, "c": 3}, seed=1)
    return tmp_path / "photos"


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each photo was decoded."""
    count: Counter[str] = Counter()
    decode = Reader.read

    def counted(self: Reader, row: int, reduction: int = 1) -> torch.Tensor:
        count[f"{self.files.root.name}/{self.files.name(row)}"] += 1  # type: ignore[attr-defined]
        return decode(self, row, reduction)

    monkeypatch.setattr(Reader, "read", counted)
    return count


def _exam(data: Path, words: str, cache: Path) -> Exam:
    return open_exam(
        str(data),
        [pixels(PLAIN)],
        read(words.split()),
        runtime=CPU,
        seed=0,
        workers=0,
        cache=cache / "cache",
    )


def _subjects() -> list[Subject]:
    torch.manual_seed(0)
    return [pixels(PLAIN), Subject("trained", nn.Sequential(nn.Flatten(), nn.LazyLinear(5)), PLAIN)]


def test_the_test_set_is_looked_at_once_for_all_numbers_of_a_subject(
    photos: Path, tmp_path: Path, looked_at: Counter[str]
) -> None:
    words = "knn.k=3 linear linear-sgd prototypes"
    exam = _exam(photos, words, tmp_path)
    assert not looked_at  # opening reads headers only
    subjects = [pixels(PLAIN)]
    reports = examine(
        subjects,
        read(words.split()),
        exam,
        folder=tmp_path / "out",
        elsewhere="",
        console=Console(quiet=True),
    )
    assert len(reports) == 4
    assert len(looked_at) == 24 + 9
    assert set(looked_at.values()) == {1}


def test_choices_do_not_depend_on_the_test_labels(photos: Path, tmp_path: Path) -> None:
    words = "knn linear"
    chosen = []
    for shift in (0, 1):
        exam = _exam(photos, words, tmp_path / str(shift))
        exam.test.label = (exam.test.label + shift) % 3
        reports = examine(
            [pixels(PLAIN)],
            read(words.split()),
            exam,
            folder=tmp_path / f"out{shift}",
            elsewhere="",
            console=Console(quiet=True),
        )
        chosen.append([{k: v for k, v in r.how.items() if k != "seed"} for r in reports])
        guesses = [r.guesses.guess.tolist() for r in reports if r.guesses]
        chosen[-1].append({"guesses": guesses})
    assert chosen[0] == chosen[1]


def test_without_a_test_split_one_is_carved_from_each_class(tmp_path: Path) -> None:
    _write(tmp_path / "flat", {"a": 10, "b": 10})
    exam = _exam(tmp_path / "flat", "knn", tmp_path)
    assert exam.test.label.bincount().tolist() == [2, 2]
    assert not set(exam.test.names) & set(exam.train.names)
    assert exam.about["test_images"].startswith("carved: 20%")


def test_classes_meet_by_name(photos: Path, tmp_path: Path) -> None:
    for picture in (photos / "test/a").iterdir():
        picture.unlink()
    (photos / "test/a").rmdir()
    exam = _exam(photos, "knn", tmp_path)
    assert sorted(set(exam.test.label.tolist())) == [1, 2]
    assert exam.about["classes_without_test_images"] == ["a"]
    (photos / "test/b").rename(photos / "test/z")
    with pytest.raises(DataError, match="no class 'z'"):
        _exam(photos, "knn", tmp_path)


def test_images_without_labels_need_an_evaluation_that_wants_none(tmp_path: Path) -> None:
    _write(tmp_path, {"flat": 6})
    with pytest.raises(DataError, match="has no labels"):
        _exam(tmp_path / "flat", "knn", tmp_path)
