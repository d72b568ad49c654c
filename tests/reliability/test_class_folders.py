"""Trees of class folders, right and wrong: each image is of its folder's class, or nothing is done."""

import os
import random
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from data.pictures import noise, save
from lookalike.data.opening import open_source
from lookalike.errors import DataError
from lookalike.recipe.questions import read
from lookalike.run.judging.evaluation import Exam, open_exam
from lookalike.training.runtime import choose_runtime

TREES = 300

NAMES = (
    "cat",
    "Cat",
    "CAT",
    "dog",
    "dog ",
    "1",
    "2",
    "10",
    "02",
    "-1",
    "train",
    "test",
    "a b",
    "ß",
)
NAMES += (
    "caf\u00e9",
    "cafe\u0301",
    "na\u00efve",
    "nai\u0308ve",
    "\u732b",
    "folder.jpg",
    "n01440764",
)
NAMES += ("caf\udce9", "caf\\xe9", "new\nline", "'quoted'", "None", "__pycache__")
HIDDEN = (".ipynb_checkpoints", ".hidden", ".DS_Store.d")
SPLITS = ("test", "val", "Valid", "validation", "TEST")

Tree = dict[str, int]
"""Class folder → how many pictures; an empty one has none."""


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return save(tmp_path_factory.mktemp("one") / "a.png", noise(0)).read_bytes()


def trees(chance: random.Random) -> tuple[Tree, Tree]:
    """Of training and test: the test's is the training's with up to three things changed."""
    train = {name: chance.randint(1, 3) for name in chance.sample(NAMES, chance.randint(1, 6))}
    test = dict(train)
    for _ in range(chance.choice((0, 0, 1, 2, 3))):
        change, name = chance.randrange(7), chance.choice([*test, "cat"])
        if change == 0:
            test.pop(name, None)
        elif change == 1:
            test[chance.choice(NAMES)] = 1
        elif change == 2:
            test[name] = 0
        elif change == 3:
            train[chance.choice([*train])] = 0
        elif change == 4:
            test[chance.choice(HIDDEN)] = 2
            train[chance.choice(HIDDEN)] = 2
        elif change == 5 and name in test:
            test[name.swapcase()] = test.pop(name)
        elif name in test:
            form = chance.choice(("NFC", "NFD"))
            test[unicodedata.normalize(form, name)] = test.pop(name)
    return train, test


def write(root: Path, tree: Tree, picture: bytes, stray: bool) -> None:
    root.mkdir(parents=True)
    for name, count in tree.items():
        (root / name).mkdir()
        for number in range(count):
            (root / name / f"{number}.png").write_bytes(picture)
    if stray:
        (root / "stray.png").write_bytes(picture)


def printed(name: str) -> str:
    """A class's name, from the definition: NFC, and bytes that are no UTF-8 written out."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return unicodedata.normalize("NFC", text)


def classes_of(tree: Tree, stray: bool) -> set[str] | None:
    """The visible classes of a split, or None where it cannot have any."""
    names = [printed(name) for name, count in tree.items() if count and not name.startswith(".")]
    if stray or len(names) < 2 or len(set(names)) < len(names):
        return None
    return set(names)


def trials(seed: int) -> Iterator[tuple[Tree, Tree, bool, bool, str]]:
    chance = random.Random(seed)  # noqa: S311 - trees, not secrets
    for _ in range(TREES):
        train, test = trees(chance)
        strays = chance.random() < 0.05, chance.random() < 0.05
        yield train, test, *strays, chance.choice(SPLITS)


def opened(root: Path, cache: Path) -> Exam:
    return open_exam(
        str(root),
        [],
        read(["knn"]),
        runtime=choose_runtime("cpu", "float32"),
        seed=0,
        workers=0,
        cache=cache,
    )


def test_no_class_is_ever_taken_for_another(tmp_path: Path, picture: bytes):
    """300 trees: those that cannot be right by name are refused."""
    outcomes = defaultdict[str, int](int)
    for number, (train, test, *strays, split) in enumerate(trials(0)):
        root = tmp_path / str(number)
        write(root / "train", train, picture, strays[0])
        write(root / split, test, picture, strays[1])
        known, asked = (classes_of(t, s) for t, s in zip((train, test), strays, strict=True))
        try:
            exam = opened(root, root / "cache")
        except DataError:
            outcomes["refused"] += 1
            assert known is None or asked is None or not asked <= known, (train, test, strays)
            continue
        outcomes["right"] += 1
        assert known is not None, (train, test, strays)
        assert asked is not None, (train, test, strays)
        assert asked <= known
        assert set(exam.train.classes) == known
        assert exam.test.classes == exam.train.classes
        for source in (exam.train, exam.test):
            for name, label in zip(source.names, source.label.tolist(), strict=True):
                folder = unicodedata.normalize("NFC", name.rpartition("/")[0])
                assert exam.train.classes[label] == folder
        missing = exam.about["classes_without_test_images"]
        assert set(missing) == known - asked
    assert min(outcomes.values()) > TREES // 5, outcomes


def test_class_folders_that_look_the_same_are_refused(tmp_path: Path, picture: bytes):
    write(tmp_path / "photos", {"caf\u00e9": 1, "cafe\u0301": 1}, picture, stray=False)
    with pytest.raises(DataError, match="Two class folders are called 'café'") as caught:
        open_source(tmp_path / "photos")
    assert caught.value.do


def test_two_training_folders_are_refused(tmp_path: Path, picture: bytes):
    for name in ("train", "Train", "test"):
        write(tmp_path / name, {"a": 1, "b": 1}, picture, stray=False)
    with pytest.raises(DataError, match="two folders for one split, 'Train' and 'train'"):
        open_source(tmp_path)


def test_a_link_does_not_take_a_class_away(tmp_path: Path, picture: bytes):
    """Whatever the names' order, pictures belong to the folder that they lie in."""
    root = tmp_path / "photos"
    write(root, {"a": 1, "b": 2, "c": 1}, picture, stray=False)
    (root / "a" / "link").symlink_to(root / "b")
    (root / "b" / "link").symlink_to(root / "a")
    source = open_source(root)
    assert sorted(source.names) == ["a/0.png", "b/0.png", "b/1.png", "c/0.png"]
    assert torch.bincount(source.label).tolist() == [1, 2, 1]
    assert source.ledger.excluded == {"folders met elsewhere": 2}
