"""A JPEG decoded at a fraction of its sides is the same picture, and other files come whole."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.pictures import noise, photo_like, save
from lookalike.data.decoding import UnreadableImage, decode
from lookalike.data.listing import FolderFiles


def decoded(path: Path, reduction: int = 1) -> np.ndarray:
    """Pixels [height, width, channels]."""
    pixels = decode(FolderFiles(path.parent, [path.name]), 0, 3, reduction).pixels
    return pixels.permute(1, 2, 0).numpy()


def averaged(pixels: np.ndarray, block: int) -> np.ndarray:
    """Each block of whole pixels as one, in float64; what is left at the end is cut off."""
    height, width = (side // block for side in pixels.shape[:2])
    whole = pixels[: height * block, : width * block].astype(np.float64)
    return whole.reshape(height, block, width, block, -1).mean((1, 3))


def assert_same_picture(small: np.ndarray, expected: np.ndarray) -> None:
    """Alike, and less so when moved by one pixel in any direction."""
    assert small.shape == expected.shape
    error = np.abs(small - expected).mean()
    assert error < 3
    for axis in (0, 1):
        for step in (-1, 1):
            assert np.abs(np.roll(small, step, axis) - expected).mean() > 1.5 * error


@pytest.mark.parametrize("reduction", [2, 4, 8])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_a_jpeg_may_be_decoded_smaller(tmp_path, reduction, options):
    path = save(tmp_path / "a.jpg", photo_like(0, 331, 445), quality=95, **options)
    small = decoded(path, reduction)
    assert small.shape == (-(-331 // reduction), -(-445 // reduction), 3)
    expected = averaged(decoded(path), reduction)
    assert_same_picture(small[: len(expected), : len(expected[0])], expected)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_jpeg_of_other_colours_may_be_decoded_smaller(tmp_path, mode):
    Image.fromarray(photo_like(0, 320, 440)).convert(mode).save(tmp_path / "a.jpg", quality=95)
    expected = averaged(decoded(tmp_path / "a.jpg"), 4)
    assert_same_picture(decoded(tmp_path / "a.jpg", 4), expected)


def test_a_jpeg_with_more_pictures_behind_the_first_may_be_decoded_smaller(tmp_path):
    first, second = (Image.fromarray(photo_like(seed, 320, 440)) for seed in (0, 1))
    first.save(tmp_path / "a.mpo", save_all=True, append_images=[second], quality=95)
    expected = averaged(decoded(tmp_path / "a.mpo"), 4)
    assert_same_picture(decoded(tmp_path / "a.mpo", 4), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_smaller_jpeg_is_turned_upright(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "a.jpg", photo_like(0, 320, 440), quality=95, exif=exif)
    small = decoded(path, 8)
    assert small.shape[:2] == ((40, 55) if orientation < 5 else (55, 40))
    assert_same_picture(small, averaged(decoded(path), 8))


def test_a_turned_jpeg_of_no_whole_number_of_blocks_comes_whole(tmp_path):
    """Its first row of blocks would be the incomplete one."""
    exif = Image.Exif()
    exif[0x0112] = 3
    path = save(tmp_path / "a.jpg", photo_like(0, 321, 440), exif=exif)
    np.testing.assert_array_equal(decoded(path, 8), decoded(path))


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif", "tiny.jpg"])
def test_other_pictures_come_whole(tmp_path, name):
    size = (7, 440) if name == "tiny.jpg" else (320, 440)
    path = save(tmp_path / name, photo_like(0, *size))
    np.testing.assert_array_equal(decoded(path, 8), decoded(path))


def test_arrays_come_whole(tmp_path):
    np.save(tmp_path / "a.npy", noise(0, 320, 440))
    np.testing.assert_array_equal(decoded(tmp_path / "a.npy", 8), noise(0, 320, 440))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_truncated_jpeg_is_refused_at_every_size(tmp_path, share):
    path = save(tmp_path / "a.jpg", noise(0, 320, 440))
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(UnreadableImage, match=r"a\.jpg"):
        decoded(path, 8)
