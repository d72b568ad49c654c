"""From an archive's lists to sources of images."""

import contextlib
import importlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath

import torch

from lookalike.data.benchmarks import BENCHMARKS
from lookalike.data.benchmarks.archives import Archive, Pairs
from lookalike.data.labels import map_labels
from lookalike.data.ledger import Ledger
from lookalike.data.listing import FolderFiles, Listing, digest
from lookalike.data.opening import inspected_source, with_channels
from lookalike.data.sources import Source
from lookalike.errors import DataError


def read(name: str, root: Path, *, channels: int, cache: Path | None) -> dict[str, Source]:
    """The parts in which a set's archive comes; images of several classes have no label.

    Args:
        name: of BENCHMARKS.
        root: the folder that all archives lie in.
        channels: of the images, 1 or 3.
        cache: folder where small pictures are packed once.

    Raises:
        DataError: the archive is not whole, or none of its images can be read.
    """
    module, reader = BENCHMARKS[name].reader.split(":")
    with clear_errors(name, root):
        found = getattr(importlib.import_module(module), reader)(root)
    if not isinstance(found, Archive):
        return {
            part: replace(each, images=with_channels(each.images, channels), channels=channels)
            for part, each in found.items()
        }
    listings = {part: _listing(found, pairs) for part, pairs in found.parts.items()}
    return {part: inspected_source(listing, cache, channels) for part, listing in listings.items()}


@contextlib.contextmanager
def clear_errors(name: str, root: Path) -> Iterator[None]:
    """What goes wrong with an archive's own lists, as a DataError."""
    try:
        yield
    except (OSError, LookupError, ValueError, RuntimeError) as error:
        raise DataError(
            f"The archive of {BENCHMARKS[name].title} below {root} is not whole.",
            why=f"Reason: {type(error).__name__}: {error}",
            do=f"It needs {', '.join(BENCHMARKS[name].needs)}, as published.",
        ) from error


def _listing(archive: Archive, pairs: Pairs) -> Listing:
    for path, _ in pairs:
        if path.startswith("/") or ".." in PurePath(path).parts:
            raise DataError(
                f"The archive at {archive.home} lists {path!r}, which lies outside of it.",
                do="Fetch it again from where it is published.",
            )
    names = tuple(dict.fromkeys(name for _, name in pairs if name))
    position = {name: row for row, name in enumerate(names)}
    label = torch.tensor([position.get(name, -1) for _, name in pairs], dtype=torch.int64)
    status = [_status(archive.home / path) for path, _ in pairs]
    contents = zip(pairs, (size for size, _ in status), strict=True)
    fingerprint = digest("archive", *archive.classes, *contents)
    return Listing(
        place=str(archive.home),
        kind=f"of {len(archive.classes)} classes",
        files=FolderFiles(archive.home, [path for path, _ in pairs]),
        label=map_labels(label, names, archive.classes),
        classes=tuple(archive.classes),
        fingerprint=fingerprint,
        version=f"{fingerprint}-{digest(*(written for _, written in status))}",
        ledger=Ledger(found=len(pairs)),
    )


def _status(path: Path) -> tuple[int, int]:
    """Bytes and time of writing, -1 for a file that is not there."""
    try:
        status = path.stat()
    except OSError:
        return -1, -1
    return status.st_size, status.st_mtime_ns
