"""Every path below a folder is found, and ends up in exactly one place of the books."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from data.pictures import class_folders, noise, save
from lookalike.data.folder import list_folder
from lookalike.errors import UsageError


def names(root: Path, limit: int | None = None) -> list[str]:
    files = list_folder(root, limit).files
    return [files.name(row) for row in range(len(list_folder(root, limit).label))]


def test_class_folders(tmp_path):
    class_folders(tmp_path, {"dog": 3, "cat": 2})
    save(tmp_path / "cat" / "kittens" / "young" / "a.png", noise(0))
    listing = list_folder(tmp_path)
    assert listing.classes == ("cat", "dog")
    assert listing.kind == "in 2 class folders"
    for row, label in enumerate(listing.label.tolist()):
        assert listing.files.name(row).split("/")[0] == listing.classes[label]


@pytest.mark.parametrize(
    ("paths", "kind"),
    [
        (["a.png", "b.png"], "without class folders"),
        (["x/a.png", "x/b.png"], "without class folders (all are in x/)"),
        (["x/cat/a.png", "x/dog/b.png"], "without class folders (all are in x/)"),
        (["cat/a.png", "dog/b.png", "c.png"], "without class folders (1 beside the 2 sub-folders)"),
    ],
)
def test_folders_that_are_no_classes(tmp_path, paths, kind):
    for path in paths:
        save(tmp_path / path, noise(0))
    listing = list_folder(tmp_path)
    assert (listing.classes, listing.kind) == ((), kind)
    assert listing.label.tolist() == [-1] * len(paths)


def test_a_folder_without_pictures_is_no_class(tmp_path):
    class_folders(tmp_path, {"cat": 1, "dog": 1})
    (tmp_path / "ant").mkdir()
    (tmp_path / "bee").mkdir()
    (tmp_path / "bee" / "notes.txt").write_text("none yet")
    save(tmp_path / ".ipynb_checkpoints" / "a.png", noise(0))
    assert list_folder(tmp_path).classes == ("cat", "dog")


def test_pictures_come_class_by_class_in_turn(tmp_path):
    class_folders(tmp_path, {"a": 1, "b": 3, "c": 2})
    assert names(tmp_path) == [
        "a/000.png",
        "b/000.png",
        "c/000.png",
        "b/001.png",
        "c/001.png",
        "b/002.png",
    ]


def test_a_limit_takes_the_first_and_mixes_the_classes(tmp_path):
    class_folders(tmp_path, {"a": 4, "b": 4, "c": 4})
    listing = list_folder(tmp_path, limit=6)
    assert names(tmp_path, limit=6) == names(tmp_path)[:6]
    assert sorted(listing.label.tolist()) == [0, 0, 1, 1, 2, 2]
    assert listing.ledger.as_dict()["excluded"] == {"beyond limit=6": 6}
    assert list_folder(tmp_path, limit=1).classes == ("a", "b", "c")


def test_a_limit_beyond_the_end_takes_all(tmp_path):
    class_folders(tmp_path, {"a": 2, "b": 2})
    assert list_folder(tmp_path, limit=100).ledger.summary() == "4 pictures used"


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_that_leaves_nothing(tmp_path, limit):
    with pytest.raises(UsageError, match="leaves no pictures"):
        list_folder(tmp_path, limit=limit)


def test_what_is_no_picture_by_its_name_is_counted_by_kind(tmp_path):
    for name in ("a.PNG", "b.jpeg", "c.JPG", "noending", "d.webp"):
        (tmp_path / name).touch()
    for name in ("x.txt", "y.TXT", "z.csv", "w.heic", "v.pdf", "u.eps", ".hidden.png"):
        (tmp_path / name).touch()
    listing = list_folder(tmp_path)
    assert sorted(names(tmp_path)) == ["a.PNG", "b.jpeg", "c.JPG", "d.webp", "noending"]
    assert listing.ledger.as_dict()["excluded"] == {
        ".txt files": 2,
        ".csv files": 1,
        ".heic files": 1,
        ".pdf files": 1,
        ".eps files": 1,
        "hidden": 1,
    }
    assert listing.ledger.found == len(list(tmp_path.iterdir()))


def test_the_file_system_s_oddities(tmp_path):
    root = class_folders(tmp_path / "root", {"cat": 2, "dog": 2})
    (root / "folder.jpg").mkdir()
    os.mkfifo(root / "cat" / "pipe.jpg")
    (root / "cat" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (root / "cat" / "round.png").symlink_to(root / "cat" / "round.png")
    (root / "dog" / "back").symlink_to(root)
    save(tmp_path / "elsewhere" / "c.png", noise(5))
    (root / "dog" / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "dog" / "linked.png").symlink_to(tmp_path / "elsewhere" / "c.png")
    listing = list_folder(root)
    assert sorted(names(root)) == [
        "cat/000.png",
        "cat/001.png",
        "dog/000.png",
        "dog/001.png",
        "dog/linked.png",
        "dog/linked/c.png",
    ]
    assert listing.ledger.skipped == {
        "cat/pipe.jpg": "not a regular file",
        "cat/gone.png": "gone, or a broken link: No such file or directory",
        "cat/round.png": "gone, or a broken link: Too many levels of symbolic links",
    }
    assert listing.ledger.as_dict()["excluded"] == {"folders met elsewhere": 1}
    assert listing.ledger.used == len(listing.label)


def test_names_that_are_not_utf8(tmp_path):
    odd = os.fsencode(tmp_path) + b"/caf\xe9\n.png"
    Path(os.fsdecode(odd)).write_bytes(save(tmp_path / "a.png", noise(0)).read_bytes())
    assert names(tmp_path) == ["a.png", "caf\\xe9\n.png"]
    with list_folder(tmp_path).files.open(1) as file:
        assert file.read() == (tmp_path / "a.png").read_bytes()


def test_a_folder_that_may_not_be_opened(tmp_path, monkeypatch):
    class_folders(tmp_path, {"cat": 1, "dog": 1})

    def scandir(path, real=os.scandir):  # root may open every folder, so chmod would not do
        if path == os.fsencode(tmp_path) + b"/cat/":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert list_folder(tmp_path).ledger.skipped == {"cat/": "cannot be opened: Permission denied"}


def test_a_copy_has_the_same_fingerprint_and_another_version(tmp_path):
    root = class_folders(tmp_path / "here", {"cat": 2, "dog": 2})
    shutil.copytree(root, tmp_path / "there", copy_function=shutil.copyfile)
    here, there = list_folder(root), list_folder(tmp_path / "there")
    assert here.fingerprint == there.fingerprint
    assert here.version != there.version


def test_the_fingerprint_sees_names_and_sizes(tmp_path):
    root = class_folders(tmp_path, {"cat": 2, "dog": 2})
    seen = {list_folder(root).fingerprint}
    (root / "cat" / "000.png").rename(root / "cat" / "007.png")
    seen.add(list_folder(root).fingerprint)
    save(root / "cat" / "007.png", noise(0, 9, 9))
    seen.add(list_folder(root).fingerprint)
    seen.add(list_folder(root, limit=3).fingerprint)
    assert len(seen) == 4


def test_the_fingerprint_cannot_be_fooled_by_moving_a_boundary(tmp_path):
    for root, name, size in (("one", "a1", 1), ("two", "a", 11)):
        (tmp_path / root).mkdir()
        (tmp_path / root / name).write_bytes(bytes(size))
    one, two = (list_folder(tmp_path / root).fingerprint for root in ("one", "two"))
    assert one != two
