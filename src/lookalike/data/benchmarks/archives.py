"""How the archives of the papers' sets are read: by their own lists, where torchvision unpacks them.

Each reader takes the folder that all archives lie in. What an archive lists in a form of its own is
left to fail with OSError, KeyError, IndexError or ValueError: `opening` says what to do.
"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

Pairs = list[tuple[str, str]]
"""The path and the class of each image."""


class Archive(NamedTuple):
    """What an archive lists.

    Args:
        home: the folder that its paths begin at.
        classes: their names, in the archive's order.
        parts: "train", "test" and perhaps "val", or "all" where it comes undivided, each paths
            below `home`; the class is "" where an image may be of several.
    """

    home: Path
    classes: Sequence[str]
    parts: dict[str, Pairs]


def food_101(root: Path) -> Archive:
    """Food-101: JSON files of class → its images."""
    home = root / "food-101"
    listed = {part: json.loads((home / f"meta/{part}.json").read_text("utf-8")) for part in _TWO}
    parts: dict[str, Pairs] = {
        part: [(f"images/{each}.jpg", name) for name, images in those.items() for each in images]
        for part, those in listed.items()
    }
    return Archive(home, sorted(listed["train"]), parts)


def birdsnap(root: Path) -> Archive:
    """Birdsnap 1.1: tables of species and images, and a list of those to test on.

    The photos are where the archive's own script puts them; those it could not fetch any more will
    be missing.
    """
    home = root / "birdsnap"
    species = {row["id"]: row["common"] for row in _table(home / "species.txt")}
    test = {row["path"] for row in _table(home / "test_images.txt")}
    parts: dict[str, Pairs] = {part: [] for part in _TWO}
    for row in _table(home / "images.txt"):
        path, name = row["path"], species[row["species_id"]]
        parts["test" if path in test else "train"].append((f"download/images/{path}", name))
    return Archive(home, [*species.values()], parts)


def sun397(root: Path) -> Archive:
    """SUN397, first partition: lines "/class/image", where a class has one or two levels."""
    home = root / "SUN397"
    files = {"train": "Training_01.txt", "test": "Testing_01.txt"}
    parts: dict[str, Pairs] = {
        part: [(line[1:], line.rpartition("/")[0]) for line in lines(home / name)]
        for part, name in files.items()
    }
    return Archive(home, lines(home / "ClassName.txt"), parts)


def stanford_cars(root: Path) -> Archive:
    """Stanford Cars: MATLAB tables of file and class number, from 1."""
    home = root / "stanford_cars"
    files = {"train": "devkit/cars_train_annos.mat", "test": "cars_test_annos_withlabels.mat"}
    classes = [str(name) for name in _matlab(home / "devkit/cars_meta.mat")["class_names"]]
    parts: dict[str, Pairs] = {
        part: [
            (f"cars_{part}/{row['fname']}", classes[int(row["class"]) - 1])
            for row in _matlab(home / name)["annotations"]
        ]
        for part, name in files.items()
    }
    return Archive(home, classes, parts)


def fgvc_aircraft(root: Path) -> Archive:
    """FGVC Aircraft: lines "image variant", where the variant may hold spaces."""
    home = root / "fgvc-aircraft-2013b/data"
    parts: dict[str, Pairs] = {part: [] for part in _THREE}
    for part, pairs in parts.items():
        for line in lines(home / f"images_variant_{part}.txt"):
            image, _, name = line.partition(" ")
            pairs.append((f"images/{image}.jpg", name))
    return Archive(home, lines(home / "variants.txt"), parts)


def dtd(root: Path) -> Archive:
    """DTD, first division: lines "class/image"."""
    home = root / "dtd/dtd"
    parts: dict[str, Pairs] = {
        part: [
            (f"images/{line}", line.partition("/")[0])
            for line in lines(home / f"labels/{part}1.txt")
        ]
        for part in _THREE
    }
    return Archive(home, sorted({name for _, name in parts["train"]}), parts)


def oxford_pets(root: Path) -> Archive:
    """Oxford Pets: lines "image class …"; images are named after their class."""
    home = root / "oxford-iiit-pet"
    files = {"train": "trainval.txt", "test": "test.txt"}
    named, parts = dict[int, str](), dict[str, Pairs]()
    for part, file in files.items():
        rows = [line.split() for line in lines(home / "annotations" / file)]
        parts[part] = [(f"images/{row[0]}.jpg", row[0].rpartition("_")[0]) for row in rows]
        named |= {int(row[1]): row[0].rpartition("_")[0] for row in rows}
    return Archive(home, [name for _, name in sorted(named.items())], parts)


def caltech_101(root: Path) -> Archive:
    """Caltech-101: a folder for each class, and one of background."""
    home = root / "caltech101/101_ObjectCategories"
    paths = sorted(home.glob("*/*.jpg"))
    pairs = [(f"{path.parent.name}/{path.name}", path.parent.name) for path in paths]
    return Archive(home, sorted({name for _, name in pairs}), {"all": pairs})


def flowers_102(root: Path) -> Archive:
    """Flowers-102: MATLAB arrays of class numbers, from 1, and of the images of each part."""
    home = root / "flowers-102"
    label, ids = _matlab(home / "imagelabels.mat")["labels"], _matlab(home / "setid.mat")
    keys = {"train": "trnid", "val": "valid", "test": "tstid"}
    parts: dict[str, Pairs] = {
        part: [(f"jpg/image_{image:05}.jpg", str(label[image - 1])) for image in ids[key]]
        for part, key in keys.items()
    }
    return Archive(home, [str(number) for number in range(1, int(label.max()) + 1)], parts)


_TWO = ("train", "test")
_THREE = ("train", "val", "test")


def lines(path: Path) -> list[str]:
    """The lines of a text file that are not empty."""
    return [line for line in map(str.strip, path.read_text("utf-8").splitlines()) if line]


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _matlab(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat

    found: dict[str, Any] = loadmat(path, squeeze_me=True)
    return found
