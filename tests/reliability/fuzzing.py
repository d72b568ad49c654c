"""Decodes mutated pictures: `python -m reliability.fuzzing FIRST STOP LAST`.

Mutation number n is the same in every process. The file LAST holds the bytes that are being tried, for
whoever finds the process dead. Prints how many were used and refused, and the slowest in seconds.
"""

import faulthandler
import io
import json
import random
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

from PIL import Image

from lookalike.data.decoding import UnreadableImage, decode, read_header
from lookalike.data.listing import Files
from lookalike.data.reasons import reason_in

HANGING = 60
"""Seconds of the clock, on a machine with other work, after which a process gives up."""


class OneFile(Files):
    """A file in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def name(self, row: int) -> str:
        return str(row)

    def open(self, row: int) -> io.BytesIO:
        return io.BytesIO(self._content)

    def take(self, rows: object) -> "OneFile":
        return self


def originals() -> list[bytes]:
    """Small valid pictures, of every common kind and coding."""
    chance = random.Random(0)  # noqa: S311 - pictures, not secrets
    colour = Image.effect_noise((40, 32), 60).convert("RGB")
    colour.putpixel((3, 4), (250, 10, 10))
    kinds: list[tuple[str, dict[str, object]]] = [
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "quality": 90}),
        ("JPEG", {"subsampling": 0, "exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"}),
        ("PNG", {}),
        ("PNG", {"bits": 4}),
        ("GIF", {"save_all": True, "append_images": [colour.rotate(90, expand=True)]}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("TIFF", {"compression": "jpeg"}),
    ]
    found = []
    for kind, options in kinds:
        buffer = io.BytesIO()
        image = colour.quantize(16) if "bits" in options else colour
        image.save(buffer, kind, **options)
        found.append(buffer.getvalue())
    chance.shuffle(found)
    return found


def mutated(valid: list[bytes], number: int) -> bytes:
    """Bytes flipped, set to telling values, cut out, repeated, or taken from another picture."""
    chance = random.Random(number)  # noqa: S311
    data = bytearray(valid[number % len(valid)])
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(len(data)) if data else 0
        if chance.random() < 0.3:
            place = min(place, chance.randrange(64))  # headers decide most
        how = chance.randrange(6)
        if how == 0:
            data[place : place + 1] = bytes([chance.randrange(256)])
        elif how == 1:
            data[place : place + 4] = chance.choice((b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff"))
        elif how == 2 and data:
            data[place] ^= 1 << chance.randrange(8)
        elif how == 3:
            del data[place : place + chance.randrange(1, 40)]
        elif how == 4:
            data[place:place] = data[place : place + chance.randrange(1, 40)]
        else:
            other = chance.choice(valid)
            begin = chance.randrange(len(other))
            data[place : place + 30] = other[begin : begin + 30]
    return bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.1 else data)


def attempt(content: bytes) -> str:
    """The reason why it is refused, or "" if it is decoded."""
    files = OneFile(content)
    try:
        header = read_header(files, 0)
        shape = decode(files, 0, header.channels).pixels.shape
    except UnreadableImage as error:
        return reason_in(error.reason)
    if len(shape) != 3 or shape[0] != header.channels:
        raise AssertionError(shape)
    return ""


def main(first: int, stop: int, last: Path) -> None:
    """Tries mutations `first` … `stop` - 1."""
    warnings.simplefilter("ignore")
    valid, outcomes, slowest = originals(), Counter[str](), 0.0
    with last.open("wb", buffering=0) as file:
        for number in range(first, stop):
            content = mutated(valid, number)
            file.seek(0)
            file.truncate()
            file.write(content)
            faulthandler.dump_traceback_later(HANGING, exit=True)
            begun = time.process_time()
            outcomes[attempt(content)] += 1
            slowest = max(slowest, time.process_time() - begun)
    faulthandler.cancel_dump_traceback_later()
    used = outcomes.pop("")
    books = {"used": used, "refused": outcomes.total(), "slowest": slowest, "reasons": outcomes}
    print(json.dumps(books))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
