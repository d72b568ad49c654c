"""Small files that would fill the memory: refused at once, by a number that one can set."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.data.decoding import UnreadableImage, decode, read_header
from lookalike.data.listing import FolderFiles
from lookalike.data.opening import open_source
from reliability import corpus

MEMORY = 500 * 2**20
SECONDS = 1.0

CHILD = """
import json, os, resource, sys, time
from pathlib import Path
from lookalike.data.decoding import UnreadableImage, decode, read_header
from lookalike.data.listing import FolderFiles
from lookalike.data.threads import quiet

folder, memory = sys.argv[1], int(sys.argv[2])
pages = int(open("/proc/self/statm").read().split()[0])
most = pages * os.sysconf("SC_PAGE_SIZE") + memory
resource.setrlimit(resource.RLIMIT_AS, (most, most))
for name in sorted(os.listdir(folder)):
    files, begun, reason = FolderFiles(Path(folder), [name]), time.process_time(), ""
    try:
        with quiet():
            decode(files, 0, read_header(files, 0).channels)
    except UnreadableImage as error:
        reason = error.reason
    print(json.dumps([name, reason, time.process_time() - begun]), flush=True)
"""


def npy_bomb() -> bytes:
    """The header of an array of 30,000 × 30,000 numbers."""
    buffer = corpus.io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": (30_000, 30_000)}
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue()


def many_texts() -> bytes:
    """A hundred texts of a megabyte each."""
    text = corpus.chunk(b"zTXt", b"a\0\0" + corpus.zeros(1_000_000))
    return corpus.png(8, 8, corpus.zeros(72), extra=text * 100)


def wide_frame() -> bytes:
    """A GIF with a frame that is larger than its screen."""
    screen = corpus.struct.pack("<6sHHBBB", b"GIF89a", 8, 8, 0x80, 0, 0) + bytes(6)
    frame = corpus.struct.pack("<BHHHHB", 0x2C, 0, 0, 65_535, 65_535, 0)
    return screen + frame + b"\x08\x01\x00\x00\x3b"


def wide_jpeg() -> bytes:
    """A JPEG that says it is 65,500 pixels wide and high."""
    whole = bytearray(corpus.encoded(Image.new("RGB", (8, 8)), "JPEG"))
    place = whole.index(b"\xff\xc0") + 5
    whole[place : place + 4] = corpus.struct.pack(">HH", 65_500, 65_500)
    return bytes(whole)


PIXELS, METADATA = "too many pixels", "too much text or too large a profile"
BOMBS = {
    "pixels.png": (corpus.png_bomb, PIXELS),
    "pixels.gif": (corpus.gif_bomb, PIXELS),
    "pixels.tif": (corpus.tiff_bomb, PIXELS),
    "pixels.jpg": (wide_jpeg, PIXELS),
    "pixels.npy": (npy_bomb, "truncated"),
    "frame.gif": (wide_frame, PIXELS),
    "tile.tif": (corpus.tile_bomb, ""),
    "text.png": (lambda: corpus.metadata_bomb(b"zTXt"), METADATA),
    "profile.png": (lambda: corpus.metadata_bomb(b"iCCP"), METADATA),
    "texts.png": (many_texts, METADATA),
}


@pytest.fixture
def bombs(tmp_path: Path) -> Path:
    for name, (make, _) in BOMBS.items():
        (tmp_path / name).write_bytes(make())
    assert max(path.stat().st_size for path in tmp_path.iterdir()) < 2**20
    return tmp_path


def test_bombs_are_refused_in_little_memory_and_time(bombs: Path):
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(bombs), str(MEMORY)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    seen = [json.loads(line) for line in child.stdout.splitlines()]
    assert [name for name, *_ in seen] == sorted(BOMBS)
    for name, reason, seconds in seen:
        assert reason.startswith(BOMBS[name][1]), (name, reason)
        assert reason, name
        assert seconds < SECONDS, name


def test_the_number_of_pixels_is_a_setting(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(corpus.png_bomb())
    (tmp_path / "b.png").write_bytes(corpus.png(100, 50, corpus.zeros(101 * 50)))
    files, limit = FolderFiles(tmp_path, ["a.png", "b.png"]), Image.MAX_IMAGE_PIXELS
    for _ in range(2):
        assert open_source(tmp_path, pixels=900_000_000).sizes.tolist() == [
            [30_000, 30_000],
            [50, 100],
        ]
        assert open_source(tmp_path).names == ["b.png"]
    assert limit == Image.MAX_IMAGE_PIXELS, "Pillow's guard is up for everybody else"
    with pytest.raises(UnreadableImage) as caught:
        read_header(files, 1, pixels=4999)
    assert caught.value.reason == "too many pixels: 100 × 50 are more than data.pixels=4,999 allows"
    with pytest.raises(UnreadableImage, match=r"data\.pixels=4,999"):
        decode(files, 1, 1, pixels=4999)
    assert read_header(files, 1, pixels=5000).width == 100
