"""Valid but odd pictures are read right; broken ones are refused with a reason."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from data.pictures import noise, save
from lookalike.data.decoding import Header, UnreadableImage, decode, read_header
from lookalike.data.listing import FolderFiles
from lookalike.data.reasons import Remark
from lookalike.data.threads import quiet

UPRIGHT = noise(0, 4, 6)
STORED = {  # how a camera held that way stores the upright picture (EXIF 2.3, tag 0x0112)
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.swapaxes(0, 1),
    6: np.rot90(UPRIGHT, 1),
    7: UPRIGHT[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90(UPRIGHT, -1),
}


def read(path: Path, channels: int = 3) -> np.ndarray:
    """Pixels [height, width, channels]; the header must agree about the size."""
    files = FolderFiles(path.parent, [path.name])
    with quiet():
        header, image = read_header(files, 0), decode(files, 0, channels).pixels
    assert image.dtype == torch.uint8
    assert tuple(image.shape) == (channels, header.height, header.width)
    return image.permute(1, 2, 0).numpy()


def header(path: Path) -> Header:
    return read_header(FolderFiles(path.parent, [path.name]), 0)


def reason(path: Path) -> str:
    with pytest.raises(UnreadableImage) as caught:
        read(path)
    assert caught.value.name == path.name
    return caught.value.reason


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_pictures_are_turned_upright(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(STORED[orientation])
    lossless = {"lossless": True} if suffix == "webp" else {}
    path = save(tmp_path / f"a.{suffix}", stored, exif=exif, **lossless)
    np.testing.assert_array_equal(read(path), UPRIGHT)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("garbage", [b"not even TIFF", b"II*\0\xff\xff\xff\xff\xff"])
def test_an_exif_block_of_garbage_is_ignored(tmp_path, suffix, garbage):
    path = save(tmp_path / f"a.{suffix}", noise(0, 16, 20), exif=b"Exif\0\0" + garbage)
    assert read(path).shape == (16, 20, 3)


def test_an_orientation_in_xmp_counts_too(tmp_path):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'
    path = save(tmp_path / "a.webp", np.ascontiguousarray(STORED[6]), xmp=xmp, lossless=True)
    np.testing.assert_array_equal(read(path), UPRIGHT)


def test_reading_a_header_decodes_nothing(tmp_path):
    path = save(tmp_path / "a.png", noise(0, 64, 64))
    path.write_bytes(path.read_bytes()[:200])
    header = read_header(FolderFiles(tmp_path, ["a.png"]), 0)
    assert (header.height, header.width) == (64, 64)


def test_grey_becomes_three_equal_channels_or_one(tmp_path):
    grey = noise(0, channels=1)
    path = save(tmp_path / "a.png", grey)
    np.testing.assert_array_equal(read(path), np.stack([grey] * 3, 2))
    np.testing.assert_array_equal(read(path, 1)[..., 0], grey)


def test_colour_becomes_grey_by_its_luminance(tmp_path):
    path = save(tmp_path / "a.png", UPRIGHT)
    luminance = UPRIGHT @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
    np.testing.assert_allclose(read(path, 1)[..., 0], luminance, atol=0.51)


def test_one_bit_is_black_and_white(tmp_path):
    pixels = noise(0, channels=1) > 127
    np.testing.assert_array_equal(read(save(tmp_path / "a.png", pixels), 1)[..., 0], 255 * pixels)


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_sixteen_bits_are_scaled(tmp_path, suffix):
    values = np.array([[0, 128, 129, 257], [30000, 32896, 65534, 65535]], np.uint16)
    expected = [[0, 0, 1, 1], [117, 128, 255, 255]]  # the nearest of value / 257
    np.testing.assert_array_equal(read(save(tmp_path / f"a.{suffix}", values))[..., 0], expected)


def png(path: Path, bits: int, colour: int, rows: list[bytes], width: int) -> Path:
    """A PNG by its specification, for what Pillow cannot write."""
    header = struct.pack(">IIBBBBB", width, len(rows), bits, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))]
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in [*chunks, (b"IEND", b"")]
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))
    return path


def test_sixteen_bits_of_colour_are_scaled(tmp_path):
    values = np.array([[0, 30_000, 65_535], [65_535, 128, 40_000]])
    path = png(tmp_path / "a.png", 16, 2, [values.astype(">u2").tobytes()], 2)
    np.testing.assert_allclose(read(path)[0], values / 257, atol=1)
    assert Remark.DEEP in header(path).remarks


@pytest.mark.parametrize(
    ("name", "pixels", "deep"),
    [
        ("a.png", np.ones((4, 4), np.uint16), True),
        ("a.tif", np.ones((4, 4), np.uint16), True),
        ("a.tif", np.ones((4, 4), np.int32), True),
        ("a.pgm", np.ones((4, 4), np.uint16), True),
        ("a.png", noise(0), False),
        ("a.jpg", noise(0), False),
        ("a.webp", noise(0), False),
        ("a.tif", noise(0), False),
        ("a.png", noise(0, channels=1) > 127, False),
    ],
)
def test_a_header_tells_of_sixteen_bits(tmp_path, name, pixels, deep):
    assert (Remark.DEEP in header(save(tmp_path / name, pixels)).remarks) is deep


def test_sixteen_bits_for_a_whole_pixel_are_not_meant(tmp_path):
    """A BMP of 5, 6 and 5 bits for red, green and blue."""
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    info = struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, 16, 3, 4, 0, 0, 0, 0) + masks
    head = struct.pack("<2sIHHI", b"BM", 14 + len(info) + 4, 0, 0, 14 + len(info))
    (tmp_path / "a.bmp").write_bytes(head + info + struct.pack("<HH", 0xF800, 0x001F))
    np.testing.assert_array_equal(read(tmp_path / "a.bmp")[0], [[255, 0, 0], [0, 0, 255]])
    assert not header(tmp_path / "a.bmp").remarks & Remark.DEEP


def test_transparency_is_laid_on_white(tmp_path):
    pixels = np.array([[[100, 0], [100, 255], [100, 128]]], np.uint8)
    grey = read(save(tmp_path / "la.png", pixels), 1)[0, :, 0]
    np.testing.assert_allclose(grey, [255, 100, 255 - 155 * 128 / 255], atol=1)
    pixels = np.array([[[10, 20, 30, 0], [10, 20, 30, 255]]], np.uint8)
    colours = read(save(tmp_path / "rgba.png", pixels))[0]
    np.testing.assert_array_equal(colours, [[255, 255, 255], [10, 20, 30]])


@pytest.mark.parametrize("transparency", [1, b"\xff\x00"])
def test_a_palette_with_a_transparent_colour(tmp_path, transparency):
    image = Image.new("P", (2, 1))
    image.putpalette([200, 0, 0, 0, 200, 0])
    image.putdata([0, 1])
    image.save(tmp_path / "a.png", transparency=transparency)
    np.testing.assert_array_equal(read(tmp_path / "a.png")[0], [[200, 0, 0], [255, 255, 255]])


@pytest.mark.parametrize("suffix", ["tif", "jpg"])
def test_cmyk(tmp_path, suffix):
    inks = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # magenta and yellow make red
    inks.save(tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(read(tmp_path / f"a.{suffix}")[8, 8], [255, 0, 0], atol=3)


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_of_an_animation_the_first_frame(tmp_path, suffix):
    red, blue = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    red.save(tmp_path / f"a.{suffix}", save_all=True, append_images=[blue])
    np.testing.assert_allclose(read(tmp_path / f"a.{suffix}")[4, 4], [255, 0, 0], atol=3)


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.PNG"])
def test_what_is_inside_counts_not_the_name(tmp_path, name):
    Image.fromarray(UPRIGHT).save(tmp_path / name, format="PNG")
    np.testing.assert_array_equal(read(tmp_path / name), UPRIGHT)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty file"),
        (b"\xff", "not a picture in a known format"),
        (b"this is no picture at all\n" * 20, "not a picture in a known format"),
        (b"<!DOCTYPE html><html>404</html>", "not a picture in a known format"),
        (b"\xff\xd8\xff" + bytes(range(256)), "not a picture in a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture in a known format"),
    ],
)
def test_what_is_no_picture(tmp_path, content, expected):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    assert reason(path) == expected


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "bmp"])
def test_a_truncated_picture_is_not_filled_with_grey(tmp_path, suffix, share):
    path = save(tmp_path / f"a.{suffix}", noise(0, 64, 64))
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert reason(path)


def test_a_png_with_a_broken_checksum(tmp_path):
    path = save(tmp_path / "a.png", noise(0, 64, 64))
    content = bytearray(path.read_bytes())
    content[200] ^= 0xFF
    path.write_bytes(content)
    assert reason(path)


def test_a_decompression_bomb(tmp_path):
    path = png(tmp_path / "a.png", 1, 0, [bytes(2500)] * 20_000, 20_000)
    assert reason(path) == ("too many pixels: more than data.pixels=178,956,970 allows")


@pytest.mark.parametrize("pixels", [np.ones((2, 2), np.float32), np.full((2, 2), 70_000, np.int32)])
def test_values_without_an_agreed_range(tmp_path, pixels):
    assert "no agreed range" in reason(save(tmp_path / "a.tif", pixels))


def test_a_missing_file_says_what_the_system_says(tmp_path):
    assert reason(tmp_path / "gone.png") == "gone, or a broken link: No such file or directory"


def test_a_picture_has_no_other_channels_than_those_of_colours(tmp_path):
    path = save(tmp_path / "a.png", noise(0))
    with pytest.raises(UnreadableImage) as caught:
        decode(FolderFiles(tmp_path, [path.name]), 0, 5)
    assert caught.value.reason == "other channels than wanted: a picture has 1 or 3, not 5"
