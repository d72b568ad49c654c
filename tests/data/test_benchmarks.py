"""The papers' 12 sets: what lies where, torchvision as the oracle, how each is divided."""

import itertools
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets

from data.archives import archive, oracle, photos
from data.pictures import class_folders
from lookalike.data.benchmarks import BENCHMARKS
from lookalike.data.benchmarks.division import carve, per_class
from lookalike.data.benchmarks.download import CALLS
from lookalike.data.benchmarks.opening import open_benchmark, open_folder, present, wanted
from lookalike.data.benchmarks.parts import Parts
from lookalike.data.opening import open_source
from lookalike.data.sources import Images, Source
from lookalike.errors import DataError, UsageError

ORIGINAL = {
    "food-101": 75750,
    "cifar-10": 50000,
    "cifar-100": 50000,
    "birdsnap": 47386,
    "sun397": 19850,
    "stanford-cars": 8144,
    "fgvc-aircraft": 3334,
    "voc2007": 5011,
    "dtd": 1880,
    "oxford-pets": 3680,
    "caltech-101": 3060,
    "flowers-102": 1020,
}
"""The column "train (orig.)" of BYOL's table 10."""

OFFICIAL = {"fgvc-aircraft", "dtd", "flowers-102"}
"""Their validation images come beside the training images, not out of them."""


@pytest.fixture
def root(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the archive of the set that the test names."""
    archive(request.param, tmp_path, monkeypatch)
    return tmp_path


def of(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("root", "name"), [(name, name) for name in names], indirect=["root"], ids=names
    )


def listed(*sources: Source) -> list[tuple[str, int]]:
    each = (zip(source.names, source.label.tolist(), strict=True) for source in sources)
    return sorted(itertools.chain(*each))


def counts(parts: Parts) -> list[list[int]]:
    return [per_class(source).tolist() for source in (parts.train, parts.val, parts.test)]


def test_the_sizes_add_up_as_printed() -> None:
    assert list(BENCHMARKS) == list(ORIGINAL)
    for name, benchmark in BENCHMARKS.items():
        train, val, _ = benchmark.sizes
        assert (train if name in OFFICIAL else train + val) == ORIGINAL[name], name
        assert (benchmark.held_out is None) == (name in OFFICIAL | {"voc2007"}), name


def test_the_rules_give_the_printed_sizes_where_they_are_exact() -> None:
    for name in ("food-101", "cifar-10", "sun397", "oxford-pets", "caltech-101"):
        each, (_, val, _) = BENCHMARKS[name], BENCHMARKS[name].sizes
        held = each.held_out * (
            ORIGINAL[name] if isinstance(each.held_out, float) else each.classes
        )
        assert held == pytest.approx(val), name
    assert BENCHMARKS["caltech-101"].drawn * 102 == ORIGINAL["caltech-101"]


def test_the_metrics_are_those_of_the_papers() -> None:
    metric = {name: each.metric for name, each in BENCHMARKS.items()}
    balanced = {"fgvc-aircraft", "oxford-pets", "caltech-101", "flowers-102"}
    assert {name for name in metric if metric[name] == "balanced"} == balanced
    assert {name for name in metric if metric[name] == "mAP"} == {"voc2007"}


@of("food-101", "stanford-cars", "fgvc-aircraft", "dtd", "oxford-pets", "flowers-102")
def test_paths_and_labels_are_torchvisions(root: Path, name: str) -> None:
    parts, theirs = open_benchmark(name, root), oracle(name, root)
    ours = {"test": (parts.test,), "train": (parts.train, parts.val)}
    if "val" in theirs:
        ours = {"test": (parts.test,), "train": (parts.train,), "val": (parts.val,)}
    home = root / BENCHMARKS[name].needs[0].partition("/")[0]
    home = {"dtd": home / "dtd", "fgvc-aircraft": home / "data"}.get(name, home)
    for part, sources in ours.items():
        pairs = theirs["trainval" if "trainval" in theirs and part == "train" else part]
        assert listed(*sources) == sorted((str(path.relative_to(home)), y) for path, y in pairs)


@of("cifar-10", "cifar-100")
def test_arrays_are_torchvisions(root: Path, name: str) -> None:
    kind = {"cifar-10": datasets.CIFAR10, "cifar-100": datasets.CIFAR100}[name]
    parts = open_benchmark(name, root)
    for train, sources in ((True, (parts.train, parts.val)), (False, (parts.test,))):
        theirs = kind(root, train=train)
        for source in sources:
            assert source.classes == tuple(theirs.classes)
            rows = [int(each.rpartition(" ")[2]) for each in source.names]
            assert source.label.tolist() == [theirs.targets[row] for row in rows]
            pixels = source.images.permute(0, 2, 3, 1).numpy()
            np.testing.assert_array_equal(pixels, theirs.data[rows])
    assert len(parts.val) == (30 if name == "cifar-10" else 6)
    assert open_benchmark(name, root, channels=1).train.images.shape[1:] == (1, 32, 32)


@of("sun397")
def test_sun397_is_its_first_partition(root: Path, name: str) -> None:
    parts, whole = open_benchmark(name, root), datasets.SUN397(root)
    theirs = {
        str(path.relative_to(root / "SUN397")): label
        for path, label in zip(whole._image_files, whole._labels, strict=True)
    }
    assert counts(parts) == [[40, 40], [10, 10], [50, 50]]
    for source in (parts.train, parts.val, parts.test):
        assert source.label.tolist() == [theirs[each] for each in source.names]
    assert all(int(each[-7:-4]) in range(50, 100) for each in parts.test.names)


@of("caltech-101")
def test_caltech_101_is_drawn_from_all_its_folders(root: Path, name: str) -> None:
    parts, whole = open_benchmark(name, root), datasets.Caltech101(root)
    assert parts.train.classes == ("BACKGROUND_Google", *whole.categories)
    assert counts(parts) == [[25, 25, 25], [5, 5, 5], [4, 10, 6]]
    every = listed(parts.train, parts.val, parts.test)
    theirs = {
        (f"{whole.categories[y]}/image_{i:04}.jpg", y + 1)
        for i, y in zip(whole.index, whole.y, strict=True)
    }
    assert theirs == {pair for pair in every if pair[1]}
    assert len(set(every)) == 110


@of("birdsnap")
def test_birdsnap_holds_out_as_many_as_it_tests_on(root: Path, name: str) -> None:
    parts = open_benchmark(name, root)
    assert parts.train.classes == ("Blue Jay", "Abert's Towhee")
    assert counts(parts) == [[4, 5], [2, 2], [2, 2]]  # one photo could not be fetched
    assert {each[-5] for each in parts.test.names} == {"0", "1"}
    assert parts.train.ledger.skipped == {
        "download/images/Blue_Jay/8.jpg": "gone, or a broken link: No such file or directory"
    }


@of("voc2007")
def test_marks_of_voc2007_are_those_of_its_annotations(root: Path, name: str) -> None:
    parts = open_benchmark(name, root)
    assert parts.metric == "mAP"
    assert parts.test.classes == ("aeroplane", "bird", "cat")
    for part, source in (("train", parts.train), ("val", parts.val), ("test", parts.test)):
        theirs = datasets.VOCDetection(root, year="2007", image_set=part)
        assert [Path(each).name for each in source.names] == [Path(p).name for p in theirs.images]
        for marks, (_, target) in zip(parts.marks[part].tolist(), theirs, strict=True):
            shown = target["annotation"]["object"]
            assert marks == [_mark(each, shown) for each in source.classes]


def _mark(name: str, shown: list[dict[str, str]]) -> int:
    own = [each["difficult"] for each in shown if each["name"] == name]
    return 1 if "0" in own else (-1 if own else 0)


@of("oxford-pets")
def test_a_draw_depends_on_the_seed_and_not_on_other_images(root: Path, name: str) -> None:
    val = [set(open_benchmark(name, root, seed=seed).val.names) for seed in (0, 0, 1)]
    assert val[0] == val[1] != val[2]
    (root / "oxford-iiit-pet/images/shiba_inu_3.jpg").write_bytes(b"broken")
    again = set(open_benchmark(name, root).val.names)
    assert len(again - val[0]) <= 1
    assert Counter(each.partition("_")[0] for each in again) == {
        "images/shiba": 20,
        "images/Abyssinian": 20,
    }


@of("dtd")
def test_what_differs_from_print_is_said(root: Path, name: str) -> None:
    about = open_benchmark(name, root).about
    assert about["images"] == {"train": 8, "val": 8, "test": 8}
    assert about["printed"] == {"train": 1880, "val": 1880, "test": 1880}
    assert about["split"] == BENCHMARKS[name].split
    whole = root / "dtd/dtd"
    (whole / "labels/test1.txt").write_text("dotted/dotted_20.jpg\n")
    assert open_benchmark(name, root).about["classes_without_images"]["test"] == ["banded"]
    (whole / "labels/test1.txt").write_text("zigzagged/zigzagged_1.jpg\n")
    with pytest.raises(DataError, match="no class 'zigzagged'"):
        open_benchmark(name, root)


def test_a_folder_of_the_sets_name_goes_before_the_archive(tmp_path, monkeypatch) -> None:
    archive("dtd", tmp_path, monkeypatch)
    for part, count in (("train", 10), ("test", 3), ("val", 2)):
        class_folders(tmp_path / "dtd" / part, {"b": count, "a": count})
    parts = open_benchmark("dtd", tmp_path)
    assert counts(parts) == [[10, 10], [2, 2], [3, 3]]
    shutil.rmtree(tmp_path / "dtd/val")
    assert counts(open_benchmark("dtd", tmp_path)) == [[8, 8], [2, 2], [3, 3]]


def test_a_folder_without_test_images_is_divided_as_the_set(tmp_path) -> None:
    class_folders(tmp_path / "caltech-101", {"ant": 33, "bee": 31})
    parts = open_benchmark("caltech-101", tmp_path)
    assert counts(parts) == [[25, 25], [5, 5], [3, 1]]
    class_folders(tmp_path / "flowers-102", {"rose": 100, "lily": 50})
    parts = open_benchmark("flowers-102", tmp_path)
    assert counts(parts) == [[32, 64], [8, 16], [10, 20]]


def test_any_labelled_set_and_labels_by_name(tmp_path) -> None:
    parts = open_folder("digits")
    assert (len(parts.train), len(parts.val), len(parts.test)) == (1078, 269, 450)
    assert (parts.metric, parts.about["set"], parts.train.channels) == ("top-1", "digits", 1)
    class_folders(tmp_path / "train", {"a": 5, "b": 5, "c": 5})
    class_folders(tmp_path / "test", {"b": 2, "c": 1})
    parts = open_folder(tmp_path)
    assert per_class(parts.test).tolist() == [0, 2, 1]
    assert parts.about["classes_without_images"]["test"] == ["a"]
    class_folders(tmp_path / "test", {"d": 1})
    with pytest.raises(DataError, match="no class 'd'"):
        open_folder(tmp_path)


def test_sets_that_are_not_there_or_not_whole(tmp_path, monkeypatch) -> None:
    assert not any(present(name, tmp_path) for name in BENCHMARKS)
    with pytest.raises(DataError, match="DTD is not below") as error:
        open_benchmark("dtd", tmp_path)
    assert error.value.do == wanted("dtd", tmp_path)
    assert "dtd/dtd/labels/train1.txt" in error.value.do
    assert "folders train" not in wanted("voc2007", tmp_path)
    with pytest.raises(UsageError, match="'dtd'"):
        open_benchmark("dtb", tmp_path)
    archive("sun397", tmp_path, monkeypatch)
    (tmp_path / "SUN397/Testing_01.txt").write_text("/b/bakery/shop/sun_1.jpg\n")
    with pytest.raises(DataError, match="no class '/b/bakery/shop'"):
        open_benchmark("sun397", tmp_path)
    archive("voc2007", tmp_path, monkeypatch)
    (tmp_path / "VOCdevkit/VOC2007/ImageSets/Main/cat_val.txt").unlink()
    with pytest.raises(DataError, match=r"VOC2007 below .* is not whole"):
        open_benchmark("voc2007", tmp_path)


def test_only_the_published_cifar_is_unpickled(tmp_path, monkeypatch) -> None:
    with monkeypatch.context() as patched:
        archive("cifar-10", tmp_path, patched)
    with pytest.raises(DataError, match=r"CIFAR-10 below .* is not whole"):
        open_benchmark("cifar-10", tmp_path)


def test_download_asks_torchvision_for_what_is_missing(tmp_path, monkeypatch) -> None:
    asked = []

    def fake(root: Path, **call: object) -> None:
        asked.append(call)
        archive("voc2007", root, monkeypatch)

    monkeypatch.setattr(datasets, "VOCDetection", fake)
    open_benchmark("voc2007", tmp_path, download=True)
    assert [each["image_set"] for each in asked] == ["trainval", "test"]
    assert all(each["download"] for each in asked)
    assert set(BENCHMARKS) - set(CALLS) == {"birdsnap", "stanford-cars"}
    assert all(hasattr(datasets, kind) for kind, _ in CALLS.values())
    with pytest.raises(DataError, match="does not bring birdsnap"):
        open_benchmark("birdsnap", tmp_path, download=True)


def test_carving_leaves_every_class_an_image(tmp_path) -> None:
    source = open_source(class_folders(tmp_path, {"a": 1, "b": 3, "c": 30}))
    rest, part = carve(source, 20, 0)
    assert per_class(rest).tolist() == [1, 1, 10]
    assert per_class(part).tolist() == [0, 2, 20]
    assert sorted([*rest.names, *part.names]) == sorted(source.names)
    rest, part = carve(source, 0.5, 0)
    assert per_class(part).tolist() == [0, 2, 15]
    rest, part = carve(source, torch.tensor([0, 1, 2]), 0)
    assert per_class(part).tolist() == [0, 1, 2]
    assert isinstance(part, Images)


def test_large_photos_stay_files(tmp_path, monkeypatch) -> None:
    archive("dtd", tmp_path, monkeypatch)
    photos(tmp_path / "dtd/dtd/images", ["dotted/dotted_00.jpg"], side=200)
    parts = open_benchmark("dtd", tmp_path)
    row = list(parts.train.names).index("images/dotted/dotted_00.jpg")
    assert parts.train.read(row).shape == (3, 200, 200)
