"""The features of many pictures on the disk: made piece by piece, kept, and never made twice.

While they are made a folder holds `piece-N.safetensors`, N being the row of the source where the piece
begins, so that whoever is stopped goes on there. At the end the folder holds `features.npy` (float32,
[n, d]), `image.npy` (which row of the source each is of) and, written last, `ledger.json`.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import safetensors.torch
import torch
from jaxtyping import Float32, Int64
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lookalike import files
from lookalike.data.sources import Source
from lookalike.errors import DataError
from lookalike.lock import locked
from lookalike.run.finding.sight import Part, Sight

SECONDS = 20.0
"""After how long a piece is written down."""


class Features(NamedTuple):
    """Features on the disk, of every readable picture of a source in its order.

    Args:
        values: mapped from the file, not in memory.
        image: which row of the source each is of.
    """

    values: Float32[np.ndarray, "n d"]
    image: Int64[np.ndarray, " n"]


def features_of(
    source: Source, sight: Sight, cache: Path, tell: Callable[[str], object]
) -> Features:
    """The features that `cache` keeps under the same weights, view, precision and pictures, or new.

    Unreadable pictures are missing and noted in the source's ledger, also when all is read again.

    Args:
        source: the pictures.
        sight: how they become features.
        cache: folder with one folder for each set of features.
        tell: gets a line whenever a piece is written.

    Raises:
        DataError: not one picture can be read.
        NumericalError: a feature is not finite.
        StorageError: the disk refused, or another process makes the same features.
    """
    folder = cache / sight.identity(source)
    found = _finished(folder, source)
    if found is None:
        with locked(folder):
            files.sweep(folder)
            _make(folder, source, sight, tell)
            _join(folder, source)
        found = _finished(folder, source)
        assert found is not None  # noqa: S101 - it was written a moment ago
    return found


def _make(folder: Path, source: Source, sight: Sight, tell: Callable[[str], object]) -> None:
    """Writes the pieces that are not there yet."""
    begin, count = _done(folder, source), len(source)
    if begin:
        tell(f"going on at picture {begin:,} of {count:,}")
    parts: list[Part] = []
    start = since = time.monotonic()
    # Where only the last pictures of a folder are missing, all of them may be unreadable.
    with contextlib.suppress(*([DataError] if begin else [])):
        for part in sight.features(source, begin):
            parts.append(part)
            now, done = time.monotonic(), int(part.image[-1]) + 1
            if now - since >= SECONDS:
                _write(folder, parts, source)
                speed = (done - begin) / (now - start)
                left = (count - done) / speed
                tell(f"{done:,} of {count:,} pictures, {speed:.0f} a second, {left:.0f} s left")
                parts, since = [], now
    if parts:
        _write(folder, parts, source)


def _write(folder: Path, parts: list[Part], source: Source) -> None:
    values, image = (torch.cat(column) for column in zip(*parts, strict=True))
    books = json.dumps(source.ledger.as_dict())
    content = safetensors.torch.save({"values": values, "image": image}, {"ledger": books})
    files.write_bytes(folder / f"piece-{int(image[0]):012}.safetensors", content)


def _pieces(folder: Path) -> list[Path]:
    return sorted(folder.glob("piece-*.safetensors"))


def _done(folder: Path, source: Source) -> int:
    """The row to go on at; what cannot be read any more is removed with all that follows it."""
    end = 0
    for path in _pieces(folder):
        try:
            with safe_open(path, framework="pt") as piece:
                end = int(piece.get_tensor("image")[-1]) + 1
                source.ledger.go_on(json.loads(piece.metadata()["ledger"]))
        except (SafetensorError, OSError, ValueError, KeyError):
            for each in _pieces(folder):
                if each >= path:
                    each.unlink()
            break
    return end


def _join(folder: Path, source: Source) -> None:
    """Makes one file of the pieces."""
    pieces = _pieces(folder)
    image = np.concatenate([_column(path, "image").numpy() for path in pieces])
    width = _column(pieces[0], "values").shape[1]
    rows = (_column(path, "values").numpy() for path in pieces)
    write_npy(folder / "features.npy", (len(image), width), rows, np.dtype("<f4"))
    write_npy(folder / "image.npy", image.shape, [image], np.dtype("<i8"))
    files.write_json(folder / "ledger.json", source.ledger.as_dict())
    for path in pieces:
        path.unlink()


def _column(path: Path, name: str) -> Tensor:
    with safe_open(path, framework="pt") as piece:
        tensor: Tensor = piece.get_tensor(name)
    return tensor


def write_npy(
    path: Path,
    shape: tuple[int, ...],
    parts: Iterator[np.ndarray] | list[np.ndarray],
    kind: np.dtype,
) -> None:
    """Writes an array of which only one part at a time is in memory.

    Args:
        path: of the .npy file.
        shape: of the whole.
        parts: one below the other.
        kind: of its numbers.

    Raises:
        StorageError: the disk refused.
    """
    header = {"descr": kind.str, "fortran_order": False, "shape": shape}
    with files.replacing(path, int(np.prod(shape)) * kind.itemsize) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for part in parts:
            file.write(np.ascontiguousarray(part, kind).tobytes())


def _finished(folder: Path, source: Source) -> Features | None:
    """What was made before, or None where it was not, or was damaged since."""
    try:
        books = files.read_json(folder / "ledger.json")
        values = np.load(folder / "features.npy", mmap_mode="r")
        image = np.load(folder / "image.npy")
    except (OSError, ValueError):
        return None
    if len(values) != len(image):
        return None
    source.ledger.go_on(books)
    return Features(values, image)
