"""A first look at images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import DataError
from lookalike.recipe.look import Look, device_kind, look


def save(path: Path, width: int, height: int, mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    shape = (height, width) if mode == "L" else (height, width, 3)
    Image.fromarray(rng.integers(0, 256, shape, np.uint8), mode=None).save(path)


def test_named_sets() -> None:
    assert look("digits").side == 8
    assert look("digits").channels == 1
    assert look("shapes") == Look(4000, 32, 3)
    assert look("shapes", limit=10).images == 10


def test_a_folder_of_photos(tmp_path: Path) -> None:
    for i in range(40):
        save(tmp_path / f"{i % 2}/{i}.png", 100, 50 + i % 3)
    assert look(str(tmp_path)) == Look(40, 100, 3)
    assert look(str(tmp_path), limit=5) == Look(5, 100, 3)


def test_grey_only_if_all_are(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 20, 30, "L")
    assert look(str(tmp_path)) == Look(1, 30, 1)
    save(tmp_path / "b.png", 20, 30)
    assert look(str(tmp_path)) == Look(2, 30, 3)


def test_arrays_have_channels_of_their_own(tmp_path: Path) -> None:
    for i in range(40):
        np.save(tmp_path / f"{i:02}.npy", np.zeros((20, 30, 5), np.uint8))
    assert look(str(tmp_path)) == Look(40, 30, 5)


def test_unreadable_ones_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    save(tmp_path / "b.png", 20, 30)
    assert look(str(tmp_path)) == Look(2, 30, 3)


def test_nothing_to_see(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no usable picture"):
        look(str(tmp_path))
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="no usable picture"):
        look(str(tmp_path))


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    assert device_kind("cuda:1") == "cuda"
    assert device_kind("cpu") == "cpu"
    for there, kind in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr("torch.cuda.is_available", lambda there=there: there)
        assert device_kind("auto") == kind
