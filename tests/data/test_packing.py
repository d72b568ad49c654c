"""Small pictures are decoded once, and the cache is trusted only when it is whole."""

import json

import numpy as np
import pytest
import torch

from data.pictures import class_folders, noise, save
from lookalike.data import packing
from lookalike.data.folder import list_folder
from lookalike.data.memory import memory
from lookalike.data.opening import open_source
from lookalike.data.packing import Packed, keep, recall, worth_packing
from lookalike.data.sources import Images, Photos
from lookalike.errors import StorageError


@pytest.fixture
def root(tmp_path):
    return class_folders(tmp_path / "root", {"cat": 3, "dog": 3})


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def decoded(monkeypatch):
    """A list that grows by every picture decoded for packing."""
    rows = []

    def counting(files, row, channels, pixels, real=packing.decode):
        rows.append(row)
        return real(files, row, channels, pixels=pixels)

    monkeypatch.setattr(packing, "decode", counting)
    return rows


def test_packed_pictures_have_the_pixels_of_their_files(root, cache):
    for source in (open_source(root), open_source(root, cache=cache)):
        assert isinstance(source, Images)
        assert source.names == [f"{c}/{n:03}.png" for n in range(3) for c in ("cat", "dog")]
        for row, label in enumerate([0, 1] * 3):
            expected = noise(1000 * label + row // 2).transpose(2, 0, 1)
            np.testing.assert_array_equal(source.images[row].numpy(), expected)


def test_a_finished_cache_is_used_and_gives_the_same_source(root, cache, decoded):
    first = open_source(root, cache=cache)
    assert len(decoded) == 6
    again = open_source(root, cache=cache)
    assert len(decoded) == 6
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.label, again.label)
    assert (first.name, first.fingerprint) == (again.name, again.fingerprint)
    assert first.ledger == again.ledger


def test_nothing_is_written_without_a_cache_folder(root, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    open_source(root)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_caches_name_holds_the_fingerprint_of_the_files(root, cache):
    open_source(root, cache=cache)
    names = sorted(path.name for path in cache.iterdir())
    names = [name for name in names if not name.endswith(".listing")]
    assert [name.split("-")[0] for name in names] == [list_folder(root).fingerprint] * 2
    assert [name.rpartition(".")[2] for name in names] == ["json", "npy"]


def test_a_picture_written_again_in_the_same_size_is_seen(root, cache, decoded):
    changed = save(root / "cat" / "000.bmp", noise(77))
    assert open_source(root, cache=cache).images.shape[0] == 7
    size = changed.stat().st_size
    assert save(changed, noise(78)).stat().st_size == size
    images = open_source(root, cache=cache).images
    assert any(np.array_equal(image.numpy(), noise(78).transpose(2, 0, 1)) for image in images)


def test_limits_do_not_share_a_cache(root, cache):
    assert len(open_source(root, cache=cache)) == 6
    assert len(open_source(root, cache=cache, limit=4)) == 4
    assert len(open_source(root, cache=cache)) == 6


@pytest.mark.parametrize(
    "damage", ["no note", "older note", "cut", "other shape", "other type", "no array"]
)
def test_an_unfinished_or_damaged_cache_is_made_again(root, cache, decoded, damage):
    whole = open_source(root, cache=cache).images.clone()
    (array,), (note,) = cache.glob("*.npy"), cache.glob("*.json")
    if damage == "no note":
        note.unlink()
    elif damage == "older note":
        note.write_text('{"shape": [6, 3, 8, 8], "skipped": {}}')
    elif damage == "cut":
        array.write_bytes(array.read_bytes()[:-10])
    elif damage == "other shape":
        np.save(array, np.zeros((5, 3, 8, 8), np.uint8))
    elif damage == "other type":
        np.save(array, np.zeros((6, 3, 8, 8), np.int64))
    else:
        array.unlink()
    assert torch.equal(open_source(root, cache=cache).images, whole)
    assert len(decoded) == 12
    assert torch.equal(open_source(root, cache=cache).images, whole)
    assert len(decoded) == 12


def test_a_cache_never_holds_pickles(root, cache):
    open_source(root, cache=cache)
    (array,) = cache.glob("*.npy")
    array.unlink()
    with array.open("wb") as file:
        np.save(file, np.array([{}] * 6, dtype=object), allow_pickle=True)
    assert open_source(root, cache=cache).images.shape == (6, 3, 8, 8)


def test_broken_pictures_are_named_each_time(root, cache):
    broken = save(root / "cat" / "001.png", noise(3, 8, 8))
    broken.write_bytes(broken.read_bytes()[:-40])  # the header is whole, the pixels are not
    (root / "dog" / "002.png").write_bytes(b"")
    for where in (None, cache, cache):
        source = open_source(root, cache=where)
        assert source.ledger.skipped.keys() == {"cat/001.png", "dog/002.png"}
        assert source.ledger.skipped["dog/002.png"] == "empty file"
        assert (source.ledger.found, source.ledger.used) == (6, 4)
        assert len(source) == len(source.images) == len(source.names) == 4
        assert source.name == "4 pictures in 2 class folders, 2 skipped"
        for row, name in enumerate(source.names):
            seed = 1000 * source.label[row].item() + int(name[4:7])
            np.testing.assert_array_equal(source.images[row], noise(seed).transpose(2, 0, 1))


def test_a_cache_that_cannot_be_written(root, tmp_path):
    (tmp_path / "taken").touch()
    with pytest.raises(StorageError, match="Cannot write"):
        open_source(root, cache=tmp_path / "taken")


def test_a_failed_write_leaves_the_old_cache(tmp_path, monkeypatch):
    path = tmp_path / "a.npy"
    old = Packed(torch.zeros(2, 1, 4, 4, dtype=torch.uint8), {2: "empty file"}, {})
    keep(path, old)

    def full_disk(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full_disk)
    with pytest.raises(StorageError, match="No space left on device"):
        keep(path, Packed(torch.ones(3, 1, 4, 4, dtype=torch.uint8), {}, {}))
    found = recall(path, 3)
    assert found is not None
    assert torch.equal(found.images, old.images)
    assert found.skipped == old.skipped
    assert json.loads((tmp_path / "a.json").read_text())["shape"] == [2, 1, 4, 4]


def test_only_small_pictures_of_one_size_are_packed():
    def sizes(*pairs: tuple[int, int]) -> torch.Tensor:
        return torch.tensor(pairs)

    assert worth_packing(sizes((96, 96), (96, 96)), 3)
    assert worth_packing(sizes((40, 96)), 3)
    assert not worth_packing(sizes((97, 96), (97, 96)), 3)
    assert not worth_packing(sizes((32, 32), (32, 33)), 3)


def test_pictures_that_fill_more_than_a_quarter_of_the_memory_stay_in_their_files(
    root, monkeypatch
):
    need = 6 * 3 * 8 * 8
    monkeypatch.setattr(packing, "memory", lambda: 4 * need)
    assert isinstance(open_source(root), Images)
    monkeypatch.setattr(packing, "memory", lambda: 4 * need - 1)
    photos = open_source(root)
    assert isinstance(photos, Photos)
    np.testing.assert_array_equal(photos.read(1), noise(1000).transpose(2, 0, 1))


def test_memory_is_the_containers_if_that_is_less(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr("lookalike.data.memory.LIMITS", (limit,))
    machine = memory()
    limit.write_text("max\n")
    assert memory() == machine > 2**20
    limit.write_text("1048576\n")
    assert memory() == 2**20
