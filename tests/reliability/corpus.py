"""Pictures of the 32 kinds that go wrong, made from a seed: broken ones, and odd ones that are good.

A kind is a function of a folder, a name without an ending and a random generator. It writes one file,
and returns the file's path; `BROKEN` says for what reasons such a file may be skipped, `ODD` what is
said of it when it is used.
"""

import functools
import io
import os
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

SIDE = 112
"""Of most pictures: too large to be packed."""

EACH = 10
"""Files of each kind."""


class Corpus(NamedTuple):
    """What was written.

    Args:
        root: the folder, of two class folders.
        broken: name → reasons for which it may be skipped.
        odd: name → what is said of it in the books, or "" where nothing is.
        good: names of ordinary pictures.
    """

    root: Path
    broken: dict[str, tuple[str, ...]]
    odd: dict[str, str]
    good: list[str]


def write_corpus(root: Path, *, good: int, each: int = EACH, seed: int = 0) -> Corpus:
    """`each` files of every kind among `good` ordinary pictures, in two class folders."""
    corpus = Corpus(root, {}, {}, [])
    for name in "ab":
        (root / name).mkdir(parents=True)
    for kind, (write, reasons) in BROKEN.items():
        for number in range(each):
            path = write(*_place(root, kind, number, seed))
            corpus.broken[_shown(path, root)] = reasons
    for kind, (write_odd, remark) in ODD.items():
        for number in range(each):
            path = write_odd(*_place(root, kind, number, seed))
            corpus.odd[_shown(path, root)] = remark
    for number in range(good):
        folder, name, chance = _place(root, "good", number, seed)
        corpus.good.append(_shown(_jpeg(folder, name, chance), root))
    return corpus


def _place(root: Path, kind: str, number: int, seed: int) -> tuple[Path, str, random.Random]:
    chance = random.Random(f"{seed} {kind} {number}")  # noqa: S311 - pictures, not secrets
    return root / "ab"[number % 2], f"{kind}-{number:03}", chance


def _shown(path: Path, root: Path) -> str:
    """As the books name it."""
    text = os.fsencode(path.relative_to(root)).decode("utf-8", "backslashreplace")
    return f"{text}/" if path.is_dir() and not path.suffix else text


def drawn(chance: random.Random, width: int = SIDE, height: int = SIDE) -> Image.Image:
    """Coloured shapes with some noise, RGB."""
    numbers = np.random.default_rng(chance.getrandbits(32))
    image = Image.fromarray(numbers.integers(96, 160, (height, width, 3), dtype=np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, size = (chance.randrange(max(width, height)) for _ in range(3))
        colour = tuple(chance.randrange(256) for _ in range(3))
        pen.ellipse((x, y, x + size // 2 + 1, y + size // 3 + 1), fill=colour)
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG, with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes, *, extra: bytes = b"", colour: int = 0) -> bytes:
    """A PNG by its specification: 8 bits, `colour` 0 for grey or 2 for RGB; `rows` compressed."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    parts = chunk(b"IHDR", header) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def tiff(tags: list[tuple[int, int, int, int]], following: int = 0, data: bytes = b"") -> bytes:
    """A little-endian TIFF with one directory of (tag, type, count, value), then `data`."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return (
        struct.pack("<2sHI", b"II", 42, 8)
        + struct.pack("<H", len(tags))
        + entries
        + struct.pack("<I", following)
        + data
    )


def zeros(count: int) -> bytes:
    """`count` zeros compressed (RFC 1950): one block again and again, and what is left."""
    block, packer = 1_000_000, zlib.compressobj(9, wbits=-15)
    one = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(count % block)) + packer.flush()
    checksum = struct.pack(">HH", count % 65_521, 1)
    return b"\x78\xda" + one * (count // block) + rest + checksum


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _jpeg(folder: Path, name: str, chance: random.Random) -> Path:
    return _written(folder / f"{name}.jpg", encoded(drawn(chance), "JPEG"))


Writer = Callable[[Path, str, random.Random], Path]


def _content(ending: str, make: Callable[[random.Random], bytes]) -> Writer:
    return lambda folder, name, chance: _written(folder / f"{name}{ending}", make(chance))


def cut_jpeg(chance: random.Random) -> bytes:
    whole = encoded(drawn(chance), "JPEG")
    return whole[: int(len(whole) * chance.choice((0.4, 0.5, 0.9, 0.99)))]


def headless_jpeg(chance: random.Random) -> bytes:
    """All up to the coded pixels."""
    whole = encoded(drawn(chance), "JPEG")
    place = whole.index(b"\xff\xda")
    return whole[: place + 2 + int.from_bytes(whole[place + 2 : place + 4])]


def bad_huffman(chance: random.Random) -> bytes:
    whole = bytearray(encoded(drawn(chance), "JPEG"))
    place = whole.index(b"\xff\xc4") + 5  # the numbers of codes of each length
    whole[place : place + 16] = bytes([255] * 16)
    return bytes(whole)


def scans(whole: bytes) -> list[int]:
    """Where each scan of a progressive JPEG begins; its tables may stand before it."""
    places = [place for place in range(len(whole)) if whole[place : place + 2] == b"\xff\xda"]
    return places[1:]  # the first one may not be cut away


def progressive_cut(chance: random.Random) -> bytes:
    whole = encoded(drawn(chance), "JPEG", progressive=True)
    return whole[: chance.choice(scans(whole))]


def bad_crc(chance: random.Random) -> bytes:
    whole = bytearray(encoded(drawn(chance), "PNG"))
    whole[whole.index(b"IHDR") + 4 + 13] ^= 0xFF
    return bytes(whole)


def unended_png(chance: random.Random) -> bytes:
    return encoded(drawn(chance), "PNG")[:-12]


def bad_zlib(chance: random.Random) -> bytes:
    return png(SIDE, SIDE, bytes(chance.randrange(256) for _ in range(4000)), colour=2)


def cut_webp(chance: random.Random) -> bytes:
    whole = encoded(drawn(chance), "WEBP")
    return whole[: len(whole) // 2]


def bad_bmp(chance: random.Random) -> bytes:
    """A width that the file has not enough pixels for."""
    whole = bytearray(encoded(drawn(chance), "BMP"))
    whole[18:22] = struct.pack("<I", 40 * SIDE)
    return bytes(whole)


def looped_tiff(chance: random.Random) -> bytes:
    """A directory that follows itself, and no pixels."""
    tags = [(256, 3, 1, SIDE), (257, 3, 1, SIDE), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    return tiff([*tags, (273, 4, 1, 10**6), (278, 3, 1, SIDE), (279, 4, 1, SIDE * SIDE)], 8)


def bomb(chance: random.Random) -> bytes:
    return chance.choice((png_bomb, gif_bomb, tiff_bomb))()


@functools.cache
def png_bomb() -> bytes:
    """30,000 × 30,000 pixels in a megabyte."""
    return png(30_000, 30_000, zeros(30_000 * 30_001))


def gif_bomb() -> bytes:
    """65,535 × 65,535 pixels, of which one byte is there."""
    screen = struct.pack("<6sHHBBB", b"GIF89a", 65_535, 65_535, 0x80, 0, 0) + bytes(6)
    frame = struct.pack("<BHHHHB", 0x2C, 0, 0, 65_535, 65_535, 0)
    return screen + frame + b"\x08\x01\x00\x00\x3b"


def tiff_bomb() -> bytes:
    """30,000 × 30,000 pixels in one strip."""
    tags = [(256, 4, 1, 30_000), (257, 4, 1, 30_000), (258, 3, 1, 8), (259, 3, 1, 8)]
    return tiff([*tags, (262, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, 30_000), (279, 4, 1, 100)])


def tile_bomb() -> bytes:
    """Few pixels, in one tile of 30,000 × 30,000."""
    tags = [(256, 4, 1, SIDE), (257, 4, 1, SIDE), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1)]
    tags += [(322, 4, 1, 30_000), (323, 4, 1, 30_000), (324, 4, 1, 200), (325, 4, 1, 1000)]
    return tiff(tags, data=bytes(90) + zlib.compress(bytes(900_000)))


@functools.cache
def metadata_bomb(kind: bytes) -> bytes:
    """A small PNG with 200 MB of text (zTXt) or colour profile (iCCP) in 200 kB."""
    packed = chunk(kind, b"a\0\0" + zeros(200_000_000))
    return png(8, 8, zlib.compress(bytes(72)), extra=packed)


def _file_system(folder: Path, name: str, chance: random.Random) -> Path:
    """What looks like a picture to who lists a folder."""
    path, number = folder / f"{name}.jpg", int(name[-3:]) % 4
    if number == 0:
        path.symlink_to(folder / "nowhere.jpg")
    elif number == 1:
        path.symlink_to(path)
    elif number == 2:
        os.mkfifo(path)
    else:
        path = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9\n-" + name.encode() + b".jpg"))
        path.write_bytes(b"\xff")
    return path


_CUT, _DAMAGED, _UNKNOWN = "truncated", "damaged", "not a picture in a known format"
_PIXELS, _METADATA = "too many pixels", "too much text or too large a profile"
_BROKEN = (_CUT, _DAMAGED, _UNKNOWN)

BROKEN: dict[str, tuple[Writer, tuple[str, ...]]] = {
    "empty": (_content(".jpg", lambda _: b""), ("empty file",)),
    "one byte": (_content(".jpg", lambda _: b"\xff"), (_UNKNOWN,)),
    "text": (_content(".jpg", lambda _: b"This is no picture.\n" * 9), (_UNKNOWN,)),
    "page": (_content(".png", lambda _: b"<!DOCTYPE html><html>404</html>"), (_UNKNOWN,)),
    "cut jpeg": (_content(".jpg", cut_jpeg), (_CUT,)),
    "headless": (_content(".jpg", headless_jpeg), (_CUT,)),
    "bad huffman": (_content(".jpg", bad_huffman), _BROKEN),
    "progressive": (_content(".jpg", progressive_cut), (_CUT,)),
    "bad crc": (_content(".png", bad_crc), _BROKEN),
    "bad zlib": (_content(".png", bad_zlib), _BROKEN),
    "no frames": (_content(".gif", lambda _: b"GIF89a\x70\x00\x70\x00\x00\x00\x00\x3b"), _BROKEN),
    "cut webp": (_content(".webp", cut_webp), _BROKEN),
    "bad bmp": (_content(".bmp", bad_bmp), _BROKEN),
    "looped tiff": (_content(".tif", looped_tiff), _BROKEN),
    "magic": (
        _content(".jpg", lambda chance: b"\xff\xd8\xff" + chance.randbytes(3000)),
        _BROKEN,
    ),
    "bomb": (_content(".png", bomb), (_PIXELS,)),
    "metadata": (
        _content(".png", lambda chance: metadata_bomb(chance.choice((b"zTXt", b"iCCP")))),
        (_METADATA,),
    ),
    "file system": (
        _file_system,
        ("gone, or a broken link", "not a regular file", _UNKNOWN),
    ),
}


def endless_jpeg(chance: random.Random) -> bytes:
    """All but the end marker, or its second half."""
    whole = encoded(drawn(chance), "JPEG", progressive=chance.random() < 0.5)
    return whole[: -chance.choice((1, 2))]


def _mode(mode: str, kind: str = "PNG") -> Callable[[random.Random], bytes]:
    return lambda chance: encoded(drawn(chance).convert(mode), kind)


def deep(chance: random.Random) -> bytes:
    values = np.asarray(drawn(chance).convert("L")).astype(np.uint16) * 257
    return encoded(Image.fromarray(values), chance.choice(("PNG", "TIFF")))


def see_through_palette(chance: random.Random) -> bytes:
    return encoded(drawn(chance).quantize(16), "PNG", transparency=3)


def see_through(chance: random.Random) -> bytes:
    image = drawn(chance)
    image.putalpha(chance.randrange(256))
    return encoded(image.convert(chance.choice(("LA", "RGBA"))), "PNG")


def animated(chance: random.Random) -> bytes:
    frames = [drawn(chance), drawn(chance)]
    kind = chance.choice(("GIF", "WEBP"))
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def turned(chance: random.Random) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = chance.randrange(1, 9)
    return encoded(drawn(chance, height=SIDE + 16), chance.choice(("JPEG", "PNG")), exif=exif)


def ill_spelt(chance: random.Random) -> bytes:
    """An artist whose name is no UTF-8."""
    block = struct.pack("<2sHIHHHII", b"II", 42, 8, 1, 0x013B, 2, 6, 26)
    return encoded(
        drawn(chance), "JPEG", exif=b"Exif\0\0" + block + b"\0\0\0\0\xff\xfe\xc3\x28\x80\0"
    )


def thin(chance: random.Random) -> bytes:
    return encoded(drawn(chance, *chance.choice(((1, 1), (1, 5000), (5000, 1)))), "PNG")


def constant(chance: random.Random) -> bytes:
    return encoded(Image.new("RGB", (SIDE, SIDE), chance.choice(("black", "white"))), "PNG")


def _oddly_named(folder: Path, name: str, chance: random.Random) -> Path:
    return _written(folder / f"{name}{chance.choice(('', '.PNG'))}", _mode("RGB")(chance))


_ENDING, _CLEAR = "without an end marker, all rows there", "with transparency, laid on white"

ODD: dict[str, tuple[Writer, str]] = {
    "endless": (_content(".jpg", endless_jpeg), _ENDING),
    "unended png": (_content(".png", unended_png), ""),
    "misnamed": (_content(".jpg", _mode("RGB")), ""),
    "odd name": (_oddly_named, ""),
    "cmyk": (_content(".jpg", _mode("CMYK", "JPEG")), ""),
    "deep": (_content(".png", deep), "scaled from 16 to 8 bits"),
    "palette": (_content(".png", see_through_palette), _CLEAR),
    "alpha": (_content(".png", see_through), _CLEAR),
    "one bit": (_content(".png", _mode("1")), ""),
    "animated": (_content(".gif", animated), "of several frames, the first used"),
    "turned": (_content(".jpg", turned), ""),
    "ill spelt": (_content(".jpg", ill_spelt), ""),
    "thin": (_content(".png", thin), "one pixel high or wide"),
    "constant": (_content(".png", constant), "of one colour throughout"),
}
"""Kinds that are used. A thin one of a single pixel is of one colour, too."""
