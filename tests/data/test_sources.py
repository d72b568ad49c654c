"""From a path or a name to a source: what people see, and what cannot be used."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from data.pictures import PHOTO, class_folders, noise, save
from lookalike.data.decoding import UnreadableImage
from lookalike.data.opening import available_splits, open_source
from lookalike.data.sources import Images, Photos
from lookalike.errors import DataError, UsageError

DATA = Path(__file__).parents[3] / "shared" / "data"
development_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="needs the development data beside the repository"
)


def test_photos_are_read_when_asked_for(tmp_path):
    class_folders(tmp_path, {"cat": 2, "dog": 2}, PHOTO)
    source = open_source(tmp_path)
    assert isinstance(source, Photos)
    assert source.name == "4 pictures in 2 class folders"
    assert source.sizes.tolist() == [list(PHOTO)] * 4
    for row, label in enumerate(source.label.tolist()):
        expected = noise(1000 * label + row // 2, *PHOTO).transpose(2, 0, 1)
        np.testing.assert_array_equal(source.read(row), expected)


def test_a_folder_of_broken_and_odd_files_ends_in_the_books(tmp_path):
    save(tmp_path / "good.jpg", noise(0, *PHOTO))
    save(tmp_path / "grey.png", noise(1, 50, 60, channels=1))
    cut = save(tmp_path / "cut.png", noise(2, *PHOTO))
    cut.write_bytes(cut.read_bytes()[:20])
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "page.png").write_text("<html>Not found</html>")
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / ".DS_Store").touch()
    source = open_source(tmp_path)
    assert source.names == ["good.jpg", "grey.png"]
    assert source.ledger.skipped.keys() == {"cut.png", "empty.jpg", "page.png"}
    assert source.ledger.found == len(list(tmp_path.iterdir()))
    assert source.ledger.used == len(source)
    assert source.ledger.excluded == {".txt files": 1, "hidden": 1}


def test_a_photo_that_breaks_later_is_named_and_counted(tmp_path):
    class_folders(tmp_path, {"cat": 2, "dog": 2}, PHOTO)
    source = open_source(tmp_path)
    fingerprint = source.fingerprint
    (tmp_path / "dog" / "000.png").unlink()
    save(tmp_path / "cat" / "001.png", noise(0, 9, 9))
    for row in (1, 2, 1):
        with pytest.raises(UnreadableImage):
            source.read(row)
    assert source.ledger.skipped == {
        "dog/000.png": "gone, or a broken link: No such file or directory",
        "cat/001.png": "changed since it was listed",
    }
    assert (source.ledger.used, len(source), source.fingerprint) == (2, 4, fingerprint)


@pytest.mark.parametrize(
    ("modes", "asked", "channels"),
    [("LL", None, 1), ("L1", None, 1), ("LR", None, 3), ("LL", 3, 3), ("LR", 1, 1)],
)
@pytest.mark.parametrize("size", [(8, 8), PHOTO])
def test_pictures_are_grey_only_if_all_are(tmp_path, modes, asked, channels, size):
    for place, mode in enumerate(modes):
        image = Image.fromarray(noise(place, *size))
        image.convert({"R": "RGB"}.get(mode, mode)).save(tmp_path / f"{place}.png")
    source = open_source(tmp_path, channels=asked)
    assert source.channels == channels
    first = source.images[0] if isinstance(source, Images) else source.read(0)
    assert first.shape == (channels, *size)


@pytest.mark.parametrize("size", [(8, 8), PHOTO])
@pytest.mark.parametrize("channels", [2, 7])
def test_arrays_keep_their_channels(tmp_path, channels, size):
    for number in range(4):
        pixels = noise(number, *size, channels)
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        np.save(tmp_path / "ab"[number % 2] / f"{number}.npy", pixels)
    np.save(tmp_path / "a" / "other.npy", noise(4, *size, 4))
    np.save(tmp_path / "a" / "real.npy", noise(4, *size, channels) / 255)
    save(tmp_path / "b" / "picture.png", noise(5, *size))
    source = open_source(tmp_path)
    assert (source.channels, source.classes) == (channels, ("a", "b"))
    assert isinstance(source, Images if size == (8, 8) else Photos)
    for row, name in enumerate(source.names):
        seen = source.images[row] if isinstance(source, Images) else source.read(row)
        expected = noise(int(name[2]), *size, channels).transpose(2, 0, 1)
        np.testing.assert_array_equal(seen, expected)
    assert source.ledger.skipped == {
        "a/other.npy": f"other channels than wanted: 4 channels instead of {channels}",
        "a/real.npy": "values or a shape that no picture has: floating-point values have no agreed "
        "range",
        "b/picture.png": f"other channels than wanted: 3 channels instead of {channels}",
    }


def test_who_asks_for_channels_gets_those(tmp_path):
    np.save(tmp_path / "0.npy", noise(0, *PHOTO, 4))
    np.save(tmp_path / "1.npy", noise(0, *PHOTO, 5))
    save(tmp_path / "2.png", noise(0, *PHOTO))
    assert open_source(tmp_path, channels=5).names == ["1.npy"]
    assert open_source(tmp_path, channels=1).names == ["2.png"]
    with pytest.raises(DataError, match="no usable picture") as caught:
        open_source(tmp_path, channels=7)
    assert "'0.npy' (other channels than wanted: 4 channels instead of 7)" in caught.value.why


@pytest.mark.parametrize("size", [(8, 8), PHOTO])
def test_that_values_were_scaled_is_said_once(tmp_path, size):
    root, cache = tmp_path / "root", tmp_path / "cache"
    save(root / "0.png", noise(0, *size))
    save(root / "1.png", noise(1, *size, 1).astype(np.uint16) * 257)
    save(root / "2.png", noise(2, *size, 1).astype(np.uint16) * 257)
    save(root / "3.png", noise(3, *size, 1).astype(np.uint16) * 257)
    (root / "3.png").write_bytes((root / "3.png").read_bytes()[:50])
    used, scaled = (3, 2) if size == (8, 8) else (4, 3)  # a large one is found broken later
    for _ in range(2):
        source = open_source(root, cache=cache, channels=1)
        lost = ", 1 skipped" if used == 3 else ""
        assert source.name == f"{used} pictures without class folders{lost}"
        assert source.ledger.remarks == {"scaled from 16 to 8 bits": scaled}
        seen = source.images[1] if isinstance(source, Images) else source.read(1)
        np.testing.assert_array_equal(seen[0], noise(1, *size, 1))


def test_a_header_without_pixels_does_not_count_as_a_size(tmp_path):
    """A photo turned upright by EXIF has the size its pixels will have."""
    exif = Image.Exif()
    exif[0x0112] = 6
    save(tmp_path / "a.jpg", noise(0, *PHOTO), exif=exif)
    source = open_source(tmp_path)
    assert source.sizes.tolist() == [list(PHOTO[::-1])]
    assert source.read(0).shape == (3, *PHOTO[::-1])


def test_what_changes_the_pictures_changes_the_fingerprint(tmp_path):
    class_folders(tmp_path / "a", {"cat": 3, "dog": 3}, PHOTO)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert open_source(tmp_path / "a").fingerprint == open_source(tmp_path / "b").fingerprint
    content = bytearray((tmp_path / "b" / "cat" / "000.png").read_bytes())
    content[:8] = bytes(8)  # the same name and size, but no longer a picture
    (tmp_path / "b" / "cat" / "000.png").write_bytes(content)
    assert open_source(tmp_path / "a").fingerprint != open_source(tmp_path / "b").fingerprint


@pytest.mark.parametrize("spec", ["digits", "shapes"])
def test_named_sets(spec):
    assert available_splits(spec) == ("train", "test")
    train, test, few = (
        open_source(spec),
        open_source(spec, "test"),
        open_source(spec, limit=70),
    )
    assert len({train.fingerprint, test.fingerprint, few.fingerprint}) == 3
    assert open_source(spec).fingerprint == train.fingerprint
    assert torch.equal(few.images, train.images[:70])
    assert torch.equal(few.label, train.label[:70])
    assert all(torch.equal(few.factors[name], train.factors[name][:70]) for name in train.factors)
    assert (len(few), few.ledger.used, few.ledger.found) == (70, 70, len(train))
    assert len(set(train.names)) == len(train)


def test_named_sets_in_other_channels():
    grey, colour = open_source("digits"), open_source("digits", channels=3)
    assert (grey.channels, colour.channels) == (1, 3)
    assert torch.equal(colour.images, grey.images.repeat(1, 3, 1, 1))
    assert open_source("shapes", channels=1).images.shape[1] == 1
    with pytest.raises(DataError, match="1 or 3 channels, not 5"):
        open_source("digits", channels=5)


def test_a_folder_called_like_a_named_set_is_reached_by_its_path(tmp_path, monkeypatch):
    save(tmp_path / "digits" / "a.png", noise(0))
    monkeypatch.chdir(tmp_path)
    assert len(open_source("./digits")) == len(open_source(Path("digits"))) == 1
    assert len(open_source("digits")) > 1000


def test_no_test_split(tmp_path):
    save(tmp_path / "a.png", noise(0))
    assert available_splits(tmp_path) == ("train",)
    with pytest.raises(DataError, match="has no test split") as caught:
        open_source(tmp_path, "test")
    assert caught.value.why
    assert caught.value.do


def test_an_empty_folder(tmp_path):
    with pytest.raises(DataError, match="no usable picture") as caught:
        open_source(tmp_path)
    assert caught.value.why == "It is empty."


def test_a_folder_without_one_good_picture_says_what_is_there(tmp_path):
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.heic").touch()
    with pytest.raises(DataError, match="no usable picture") as caught:
        open_source(tmp_path)
    assert "'a.jpg' (empty file)" in caught.value.why
    assert "1 .heic files" in caught.value.why


def test_small_pictures_that_all_fail_to_decode(tmp_path):
    path = save(tmp_path / "a.png", noise(0))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="no usable picture"):
        open_source(tmp_path, cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_missing_path():
    with pytest.raises(DataError, match="There is no /nowhere/at/all"):
        open_source("/nowhere/at/all")


@pytest.mark.parametrize("spec", ["digits", "folder"])
def test_a_limit_of_nothing(tmp_path, spec):
    save(tmp_path / "a.png", noise(0))
    with pytest.raises(UsageError, match="limit=0"):
        open_source(tmp_path if spec == "folder" else spec, limit=0)


@development_data
def test_real_photos_in_class_folders():
    folder = DATA / "photos-clothing"
    assert available_splits(folder) == ("train", "test")
    train, test = open_source(folder), open_source(folder, "test")
    assert train.name == "1,000 pictures in 10 class folders"
    assert torch.bincount(train.label).tolist() == [100] * 10
    assert (len(test), test.classes) == (200, train.classes)
    assert train.sizes.amin() == 400
    first = open_source(folder, limit=40)
    assert torch.bincount(first.label).tolist() == [4] * 10


@development_data
def test_real_photos_without_classes():
    source = open_source(DATA / "photos-imagenet150")
    assert source.name == "150 pictures without class folders"
    assert source.channels == 3  # five are grey
    assert isinstance(source, Photos)
    assert source.sizes.amax(1).min() >= 300


@development_data
@pytest.mark.parametrize(
    ("name", "count", "size"), [("cifar10", 10_000, 32), ("tiny-imagenet-20", 1_000, 64)]
)
def test_real_parquet_files(name, count, size):
    assert available_splits(DATA / name) == ("train", "test")
    source = open_source(DATA / name, "test", limit=500)
    assert isinstance(source, Images)
    assert source.images.shape == (500, 3, size, size)
    assert (source.ledger.found, source.ledger.used) == (count, 500)
    assert source.name == f"500 pictures of {len(source.classes)} classes"
