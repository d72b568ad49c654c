"""Tiny copies of the 12 archives of the transfer suite, in their own layout, made on the spot.

Each has two or three classes; the numbers of images suit the rule by which the set is divided.
"""

import json
import pickle
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from torchvision import datasets

from data.pictures import noise, save


def photos(root: Path, paths: Iterable[str], side: int = 8) -> None:
    for number, path in enumerate(paths):
        save(root / path, noise(number, side, side))


def text(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def food_101(root: Path) -> None:
    home = root / "food-101"
    for part, count in (("train", 20), ("test", 5)):
        first = 0 if part == "train" else 20
        listed = {
            name: [f"{name}/{number}" for number in range(first, first + count)]
            for name in ("sushi", "apple_pie")
        }
        text(home / f"meta/{part}.json", [json.dumps(listed)])
        photos(home / "images", (f"{each}.jpg" for those in listed.values() for each in those))


def cifar_10(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _cifar(datasets.CIFAR10, root, monkeypatch, [f"data_batch_{n}" for n in range(1, 6)], "labels")


def cifar_100(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _cifar(datasets.CIFAR100, root, monkeypatch, ["train"], "fine_labels")


def _cifar(
    kind: type[datasets.CIFAR10],
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    train: list[str],
    key: str,
) -> None:
    """The checksums are of the real files, so that of these is not asked for."""
    home, test = root / kind.base_folder, kind.test_list[0][0]
    home.mkdir()
    for number, name in enumerate([*train, test]):
        rows = np.random.default_rng(number).integers(0, 256, (60, 3072), dtype=np.uint8)
        batch = {"data": rows, key: [row % 3 for row in range(60)]}
        (home / name).write_bytes(pickle.dumps(batch))
    meta = {kind.meta["key"]: ["cat", "airplane", "dog"]}
    (home / kind.meta["filename"]).write_bytes(pickle.dumps(meta))
    monkeypatch.setattr(kind, "train_list", [[name, None] for name in train])
    monkeypatch.setattr(kind, "test_list", [[test, None]])
    monkeypatch.setattr(kind, "meta", kind.meta | {"md5": None})


def birdsnap(root: Path) -> None:
    home = root / "birdsnap"
    species = {"1": ("Blue Jay", "Blue_Jay"), "2": ("Abert's Towhee", "Aberts_Towhee")}
    text(
        home / "species.txt",
        [
            "id\tcommon\tscientific\tdir",
            *(
                f"{row}\t{common}\tCyanocitta\t{folder}"
                for row, (common, folder) in species.items()
            ),
        ],
    )
    paths = [(f"{folder}/{n}.jpg", row) for row, (_, folder) in species.items() for n in range(9)]
    text(
        home / "images.txt",
        ["url\tmd5\tpath\tspecies_id\tbb_x1", *(f"http\t0\t{p}\t{row}\t1" for p, row in paths)],
    )
    text(
        home / "test_images.txt", ["path", *(p for p, _ in paths if p.endswith(("0.jpg", "1.jpg")))]
    )
    photos(home / "download/images", (p for p, _ in paths if p != "Blue_Jay/8.jpg"))


def sun397(root: Path) -> None:
    home, classes = root / "SUN397", ["/a/apartment_building/outdoor", "/a/abbey"]
    text(home / "ClassName.txt", classes)
    for part, numbers in (("Training", range(50)), ("Testing", range(50, 100))):
        text(
            home / f"{part}_01.txt",
            (f"{name}/sun_{number:03}.jpg" for name in classes for number in numbers),
        )
    photos(home, (f"{name[1:]}/sun_{number:03}.jpg" for name in classes for number in range(103)))


def stanford_cars(root: Path) -> None:
    home = root / "stanford_cars"
    (home / "devkit").mkdir(parents=True)
    names = np.array(["AM General Hummer", "Acura RL", "Audi/V8 1994"], dtype=object)
    savemat(home / "devkit/cars_meta.mat", {"class_names": names})
    kind = [("class", "O"), ("fname", "O")]
    for part, path, count in (
        ("train", "devkit/cars_train_annos.mat", 30),
        ("test", "cars_test_annos_withlabels.mat", 9),
    ):
        rows = [(1 + number % 3, f"{number + 1:05}.jpg") for number in range(count)]
        savemat(home / path, {"annotations": np.array(rows, dtype=kind)})
        photos(home / f"cars_{part}", (name for _, name in rows))


def fgvc_aircraft(root: Path) -> None:
    home, classes = root / "fgvc-aircraft-2013b/data", ["Boeing 707-320", "A300B4"]
    text(home / "variants.txt", classes)
    for number, part in enumerate(("train", "val", "test")):
        rows = [(f"{100 * number + row:07}", classes[row % 2]) for row in range(6 + number)]
        text(home / f"images_variant_{part}.txt", (f"{image} {name}" for image, name in rows))
        photos(home / "images", (f"{image}.jpg" for image, _ in rows))


def voc2007(root: Path) -> None:
    """Image n of a part shows class c as `_voc_mark` says."""
    home, classes = root / "VOCdevkit/VOC2007", ["bird", "aeroplane", "cat"]
    for first, part in ((0, "train"), (100, "val"), (200, "test")):
        ids = [f"{first + row:06}" for row in range(8)]
        text(home / f"ImageSets/Main/{part}.txt", ids)
        photos(home / "JPEGImages", (f"{each}.jpg" for each in ids))
        for place, name in enumerate(classes):
            marks = [_voc_mark(row, place) for row in range(len(ids))]
            lines = (f"{each} {mark:2}" for each, mark in zip(ids, marks, strict=True))
            text(home / f"ImageSets/Main/{name}_{part}.txt", lines)
        for row, each in enumerate(ids):
            shown = "".join(_voc_objects(row, place, name) for place, name in enumerate(classes))
            text(home / f"Annotations/{each}.xml", [f"<annotation>{shown}</annotation>"])


def _voc_mark(row: int, place: int) -> int:
    return (1, -1, 0)[(row + place) % 3]


def _voc_objects(row: int, place: int, name: str) -> str:
    """Shown with a difficult one beside it, not shown, or only a difficult one."""
    marks = {1: (0, 1), -1: (), 0: (1,)}[_voc_mark(row, place)]
    return "".join(f"<object><name>{name}</name><difficult>{m}</difficult></object>" for m in marks)


def dtd(root: Path) -> None:
    home = root / "dtd/dtd"
    for number, part in enumerate(("train", "val", "test")):
        lines = [
            f"{name}/{name}_{number}{row}.jpg" for name in ("dotted", "banded") for row in range(4)
        ]
        text(home / f"labels/{part}1.txt", lines)
        text(home / f"labels/{part}2.txt", lines[:1])
        photos(home / "images", lines)


def oxford_pets(root: Path) -> None:
    home, classes = root / "oxford-iiit-pet", ["shiba_inu", "Abyssinian"]
    for part, numbers in (("trainval", range(26)), ("test", range(26, 32))):
        rows = [(f"{name}_{n}", place + 1) for place, name in enumerate(classes) for n in numbers]
        text(home / f"annotations/{part}.txt", (f"{image} {label} 1 1" for image, label in rows))
        photos(home / "images", (f"{image}.jpg" for image, _ in rows))


def caltech_101(root: Path) -> None:
    home = root / "caltech101/101_ObjectCategories"
    for name, count in (("BACKGROUND_Google", 34), ("ant", 36), ("Faces", 40)):
        photos(home / name, (f"image_{number:04}.jpg" for number in range(1, count + 1)))


def flowers_102(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checksums are of the real files, so that of these is not asked for."""
    home, label = root / "flowers-102", np.array([1 + (n // 2) % 3 for n in range(24)])
    home.mkdir()
    savemat(home / "imagelabels.mat", {"labels": label[None]})
    ids = np.random.default_rng(0).permutation(24) + 1
    parts = {"trnid": ids[:6], "valid": ids[6:12], "tstid": ids[12:]}
    savemat(home / "setid.mat", {name: each[None] for name, each in parts.items()})
    photos(home / "jpg", (f"image_{number:05}.jpg" for number in range(1, 25)))
    names = {key: (file, None) for key, (file, _) in datasets.Flowers102._file_dict.items()}
    monkeypatch.setattr(datasets.Flowers102, "_file_dict", names)


PLAIN: dict[str, Callable[[Path], None]] = {
    "food-101": food_101,
    "birdsnap": birdsnap,
    "sun397": sun397,
    "stanford-cars": stanford_cars,
    "fgvc-aircraft": fgvc_aircraft,
    "voc2007": voc2007,
    "dtd": dtd,
    "oxford-pets": oxford_pets,
    "caltech-101": caltech_101,
}
CHECKED: dict[str, Callable[[Path, pytest.MonkeyPatch], None]] = {
    "cifar-10": cifar_10,
    "cifar-100": cifar_100,
    "flowers-102": flowers_102,
}
"""Sets of which torchvision checks the sums."""


def archive(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes the small copy of a set below `root`."""
    if name in PLAIN:
        PLAIN[name](root)
    else:
        CHECKED[name](root, monkeypatch)


def oracle(name: str, root: Path) -> dict[str, Iterator[tuple[Path, int]]]:
    """Path and label of every image by torchvision's own class, part by part as it has them."""
    kinds = {
        "food-101": (datasets.Food101, ("train", "test")),
        "stanford-cars": (datasets.StanfordCars, ("train", "test")),
        "fgvc-aircraft": (datasets.FGVCAircraft, ("train", "val", "test")),
        "dtd": (datasets.DTD, ("train", "val", "test")),
        "oxford-pets": (datasets.OxfordIIITPet, ("trainval", "test")),
        "flowers-102": (datasets.Flowers102, ("train", "val", "test")),
    }
    kind, parts = kinds[name]
    return {part: _listed(kind(root, split=part)) for part in parts}


def _listed(found: datasets.VisionDataset) -> Iterator[tuple[Path, int]]:
    if isinstance(found, datasets.StanfordCars):
        return ((Path(path), label) for path, label in found._samples)
    paths = found._images if isinstance(found, datasets.OxfordIIITPet) else found._image_files
    return zip(map(Path, paths), found._labels, strict=True)
