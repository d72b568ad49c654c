"""Arrays of any number of channels are read as they are; what is no picture is refused."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.lib import format as npy

from lookalike.data.arrays import MOST_CHANNELS
from lookalike.data.decoding import Header, UnreadableImage, decode, read_header
from lookalike.data.listing import FolderFiles
from lookalike.data.reasons import Remark


def values(*shape: int, kind: str = "u1") -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(kind).max, shape, kind, endpoint=True)


def saved(folder: Path, array: np.ndarray) -> FolderFiles:
    np.save(folder / "a.npy", array)
    return FolderFiles(folder, ["a.npy"])


def reason(files: FolderFiles) -> str:
    with pytest.raises(UnreadableImage) as of_header:
        read_header(files, 0)
    with pytest.raises(UnreadableImage) as of_pixels:
        decode(files, 0, 3)
    assert of_header.value.reason == of_pixels.value.reason
    return of_header.value.reason


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 13, MOST_CHANNELS])
@pytest.mark.parametrize("order", ["C", "F"])
def test_channels_come_first_and_stay_as_they_are(tmp_path, channels, order):
    array = values(6, 7, channels)
    files = saved(tmp_path, np.asarray(array, order=order))
    assert read_header(files, 0) == Header(6, 7, channels, array=True)
    pixels = decode(files, 0, channels).pixels
    assert pixels.dtype == torch.uint8
    np.testing.assert_array_equal(pixels, array.transpose(2, 0, 1))


def test_without_a_third_axis_there_is_one_channel(tmp_path):
    files = saved(tmp_path, values(6, 7))
    assert read_header(files, 0).channels == 1
    np.testing.assert_array_equal(decode(files, 0, 1).pixels[0], values(6, 7))


@pytest.mark.parametrize("kind", ["<u2", ">u2"])
def test_sixteen_bits_are_scaled(tmp_path, kind):
    every = np.arange(65_536).reshape(64, 256, 4)
    files = saved(tmp_path, every.astype(kind))
    assert read_header(files, 0) == Header(64, 256, 4, Remark.DEEP, array=True)
    expected = np.rint(every.astype(np.float64) * 255 / 65_535)
    np.testing.assert_array_equal(decode(files, 0, 4).pixels.permute(1, 2, 0), expected)


def test_a_header_is_enough_to_know_the_kind(tmp_path):
    files = saved(tmp_path, values(64, 64, 4))
    with files.open(0) as file:
        array = np.load(file)  # NumPy reads it, too
    assert read_header(files, 0)[:3] == array.shape


def test_longer_headers(tmp_path):
    buffer = io.BytesIO()
    npy.write_array(buffer, values(6, 7, 3), version=(2, 0))
    (tmp_path / "a.npy").write_bytes(buffer.getvalue())
    np.testing.assert_array_equal(
        decode(FolderFiles(tmp_path, ["a.npy"]), 0, 3).pixels, values(6, 7, 3).transpose(2, 0, 1)
    )


def test_what_is_inside_counts_not_the_name(tmp_path):
    saved(tmp_path, values(6, 7, 5)).root.joinpath("a.npy").rename(tmp_path / "a.png")
    assert read_header(FolderFiles(tmp_path, ["a.png"]), 0).channels == 5


def test_channels_are_never_converted(tmp_path):
    files = saved(tmp_path, values(6, 7, 1))
    with pytest.raises(UnreadableImage, match=r"a\.npy") as caught:
        decode(files, 0, 3)
    assert caught.value.reason == "other channels than wanted: 1 channel instead of 3"


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_floating_point_values_have_no_agreed_range(tmp_path, kind):
    assert "no agreed range" in reason(saved(tmp_path, np.ones((4, 4, 3), kind)))


@pytest.mark.parametrize("kind", ["i1", "i2", "i8", "u4", "?", "c8", "U3", "M8[s]"])
def test_other_types(tmp_path, kind):
    assert reason(saved(tmp_path, np.ones((4, 4, 3)).astype(kind))).endswith("not uint8 or uint16")


@pytest.mark.parametrize(
    "shape", [(), (9,), (0, 4), (4, 0, 3), (4, 4, 0), (4, 4, MOST_CHANNELS + 1), (1, 4, 4, 3)]
)
def test_other_shapes(tmp_path, shape):
    assert f"shape {shape}" in reason(saved(tmp_path, np.ones(shape, np.uint8)))


class Canary:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_pickled_objects_are_not_loaded(tmp_path):
    canary = np.empty((4, 4), object)
    canary[:] = Canary(tmp_path / "executed")
    assert reason(saved(tmp_path, canary)).endswith("not uint8 or uint16")
    assert not (tmp_path / "executed").exists()


def test_names_of_fields_need_a_format_of_their_own(tmp_path):
    buffer = io.BytesIO()
    npy.write_array(buffer, np.zeros((4, 4), [("é", "u1")]), version=(3, 0))
    (tmp_path / "a.npy").write_bytes(buffer.getvalue())
    assert "not for plain numbers" in reason(FolderFiles(tmp_path, ["a.npy"]))


@pytest.mark.parametrize("left", [7, 9, 40, 127, 128, -1])
def test_a_truncated_array(tmp_path, left):
    path = tmp_path / "a.npy"
    np.save(path, values(6, 7, 3))
    path.write_bytes(path.read_bytes()[:left])
    assert reason(FolderFiles(tmp_path, ["a.npy"]))


def test_a_header_that_promises_more_than_memory_holds(tmp_path):
    promise = {"descr": "|u1", "fortran_order": False, "shape": (10**9, 10**9, 64)}
    with (tmp_path / "a.npy").open("wb") as file:
        npy.write_array_header_1_0(file, promise)
        file.write(bytes(1000))
    assert reason(FolderFiles(tmp_path, ["a.npy"])) == "truncated"
