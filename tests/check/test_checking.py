"""Folders with known faults, and what is said of them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from check.copies import encoded, photo
from data.pictures import class_folders, noise, save
from lookalike.check.checking import check, open_sets
from lookalike.check.findings import Findings
from lookalike.check.words import lines
from lookalike.views.operations import Normalize
from lookalike.views.policy import Policy


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Photos in train and test, two classes, nothing wrong."""
    for seed in range(22):
        split = "train" if seed < 12 else "test"
        path = tmp_path / "set" / split / ("cat" if seed % 2 else "dog") / f"{seed}.png"
        save(path, np.asarray(photo(seed, 100, 140)))
    return tmp_path / "set"


def looked(root: Path, against: Path | None = None, policy: Policy | None = None) -> Findings:
    place = str(root)
    return check(place, open_sets(place, str(against) if against else None, None), policy)


def topics(findings: Findings, serious: bool) -> list[str]:
    return [each.topic for each in findings.concerns if each.serious == serious]


def said(findings: Findings, topic: str) -> str:
    return " ".join(each.what for each in findings.concerns if each.topic == topic)


def test_nothing_to_say(root: Path) -> None:
    findings = looked(root)
    assert findings.concerns == ()
    assert [found.pictures for found in findings.sets] == [12, 10]
    assert findings.sets[0].classes == {"cat": 6, "dog": 6}
    assert next(lines(findings)).endswith("ready to train on; nothing stands out.")


def _same_file(path: Path, copy: Path) -> None:
    shutil.copy(path, copy.with_suffix(".png"))


def _other_format(path: Path, copy: Path) -> None:
    Image.open(path).save(copy.with_suffix(".bmp"))


def _lower_quality(path: Path, copy: Path) -> None:
    encoded(Image.open(path), 40).save(copy.with_suffix(".webp"))


def _mirrored_and_smaller(path: Path, copy: Path) -> None:
    image = Image.open(path).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image.resize((105, 75)).save(copy.with_suffix(".jpg"), quality=60)


@pytest.mark.parametrize(
    ("make", "exact"),
    [
        (_same_file, True),
        (_other_format, True),
        (_lower_quality, False),
        (_mirrored_and_smaller, False),
    ],
)
def test_leakage(root: Path, make: Callable[[Path, Path], None], exact: bool) -> None:
    make(root / "train/cat/1.png", root / "test/cat/copy")
    make(root / "train/cat/3.png", root / "test/dog/copy")
    findings = looked(root)
    (leak,) = findings.leaks
    assert (leak.exact, leak.near) == ((2, 0) if exact else (0, 2))
    assert (leak.tested, leak.trained, leak.of) == ("test", "train", 12)
    assert topics(findings, serious=True) == ["leakage"]
    assert "2 of the 12 pictures of test (16.7%) also stand in train" in said(findings, "leakage")
    assert {p.name for group in findings.groups for p in group.pictures if p.set == "train"} == {
        "cat/1.png",
        "cat/3.png",
    }
    assert findings.groups[0].labels == {"cat", "dog"}  # two labels come first


def test_an_exact_copy_counts_as_one_beside_a_changed_one(root: Path) -> None:
    _same_file(root / "train/cat/1.png", root / "test/cat/same")
    _lower_quality(root / "train/cat/1.png", root / "test/cat/worse")
    (leak,) = looked(root).leaks
    assert (leak.exact, leak.near) == (1, 1)


def test_small_pictures_leak_in_every_pixel(tmp_path: Path) -> None:
    for split, first in (("train", 0), ("test", 14)):  # two are in both
        for seed in range(first, first + 16):
            save(tmp_path / split / f"{seed}.png", noise(seed))
    (leak,) = looked(tmp_path).leaks
    assert (leak.exact, leak.near, leak.of) == (2, 0, 16)


def test_against_another_folder(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "train/cat", tmp_path / "later")
    findings = looked(root, tmp_path / "later")
    assert [(leak.tested, leak.trained, leak.exact) for leak in findings.leaks] == [
        ("later", "train", 6)
    ]


def test_copies_and_two_labels_within_a_set(root: Path) -> None:
    _same_file(root / "train/cat/1.png", root / "train/dog/again")
    _lower_quality(root / "train/dog/2.png", root / "train/dog/worse")
    findings = looked(root)
    assert topics(findings, serious=True) == []
    assert "train has 1 picture under two classes" in said(findings, "labels")
    assert "'cat/1.png'" in said(findings, "labels")
    assert "'dog/again.png'" in said(findings, "labels")
    assert "2 pictures again that it has already (1 the same, 1 nearly" in said(findings, "copies")


@pytest.mark.parametrize(
    ("name", "serious", "words"),
    [
        ("Dog", True, "is called 'Dog' in test, which differs in capitals"),
        ("dog ", True, "is called 'dog ' in test"),
        ("cow", True, "test has the class 'cow' that train does not have"),
    ],
)
def test_classes_that_do_not_meet(root: Path, name: str, serious: bool, words: str) -> None:
    (root / "test/dog").rename(root / "test" / name)
    findings = looked(root)
    assert topics(findings, serious=serious)[0] == "classes"
    assert words in said(findings, "classes")


def test_classes_without_test_pictures(root: Path) -> None:
    class_folders(root / "train", {"ant": 3}, (100, 120))
    findings = looked(root)
    assert findings.serious == []
    assert "test has no pictures of the class 'ant'" in said(findings, "classes")
    assert "a class of fewer than 5 pictures: ant (3)" in said(findings, "balance")


def test_unequal_classes(tmp_path: Path) -> None:
    class_folders(tmp_path, {"ant": 60, "bee": 6, "fly": 5})
    assert "'ant' of train has 60 pictures" in said(looked(tmp_path), "balance")


def test_folders_that_are_no_classes(root: Path) -> None:
    for name in (".checkpoints", "empty"):
        (root / "train" / name).mkdir()
    words = said(looked(root), "folders")
    assert "hidden folders: '.checkpoints'" in words
    assert "without any usable picture: 'empty'" in words


def test_unreadable_files_are_named(root: Path) -> None:
    whole = (root / "train/cat/1.png").read_bytes()
    (root / "train/cat/1.png").write_bytes(whole[: len(whole) // 2])
    (root / "train/cat/3.png").write_bytes(b"")
    findings = looked(root)
    assert topics(findings, serious=True) == []
    assert "train has 2 files that cannot be used (16.7%)" in said(findings, "unreadable")
    assert "'cat/3.png' (empty file)" in said(findings, "unreadable")
    assert findings.sets[0].pictures == 10
    assert set(findings.as_dict()["sets"][0]["ledger"]["skipped"]) == {"cat/1.png", "cat/3.png"}
    for seed in (5, 7, 2, 4, 6):
        next(root.glob(f"train/*/{seed}.png")).write_bytes(b"")
    assert topics(looked(root), serious=True) == ["unreadable"]


def test_odd_pictures(root: Path) -> None:
    train = root / "train/cat"
    save(train / "black.png", np.zeros((100, 100, 3), np.uint8))
    save(train / "tiny.png", noise(1, 20, 20))
    save(train / "long.png", noise(2, 40, 400))
    save(train / "grey.png", np.asarray(photo(50, 100, 100).convert("L").convert("RGB")))
    odd = looked(root).sets[0].odd
    assert odd == {
        "one colour": ["cat/black.png"],
        "tiny": ["cat/tiny.png"],
        "oblong": ["cat/long.png"],
        "grey": ["cat/grey.png"],
    }


def test_means_and_deviations_are_those_of_the_pixels(tmp_path: Path) -> None:
    class_folders(tmp_path, {"ant": 9, "bee": 8}, (16, 12))
    (found,) = looked(tmp_path).sets
    pixels = np.stack([np.asarray(Image.open(path)) for path in tmp_path.rglob("*.png")]) / 255
    np.testing.assert_allclose(found.mean, pixels.mean((0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(found.deviation, pixels.std((0, 1, 2)), rtol=1e-9)


@pytest.mark.parametrize(("mean", "says"), [(0.5, False), (0.9, True)])
def test_normalisation(tmp_path: Path, mean: float, says: bool) -> None:
    class_folders(tmp_path, {"ant": 9, "bee": 8})  # noise: mean 0.5, deviation 0.29
    policy = Policy(size=8, normalize=Normalize(mean=(mean,) * 3, std=(0.29,) * 3))
    findings = looked(tmp_path, policy=policy)
    assert bool(said(findings, "normalisation")) == says


def test_forty_lines_and_json(root: Path) -> None:
    for seed in range(12):
        _lower_quality(next(root.glob(f"train/*/{seed}.png")), root / "test/cat" / f"copy{seed}")
        save(root / "train" / f"class{seed}" / "0.png", noise(seed, 100, 100))
    findings = looked(root)
    assert len(list(lines(findings))) <= 40
    again = json.loads(json.dumps(findings.as_dict()))
    assert len(again["groups"]) == 12
    assert again["leaks"][0]["near"] == 12
