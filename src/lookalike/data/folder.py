"""A folder of pictures, nested or flat, in class folders or not."""

import itertools
import os
import stat
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

import torch

from lookalike.data.formats import suffixes
from lookalike.data.ledger import Ledger, counted
from lookalike.data.listing import FolderFiles, Listing, digest, printable, within


def list_folder(root: Path, limit: int | None = None) -> Listing:
    """All files below `root` that may be pictures, class by class in turn.

    A file may be a picture if its name ends as one or has no ending; what is inside is seen later.
    The class of a picture is the first folder below the root, when at least two folders there hold
    pictures and none lies in the root itself. The order takes one picture of each class in turn, so
    that the first n mix all classes.

    Args:
        root: the folder; links are followed, each folder is visited once.
        limit: takes the first this many.
    """
    ledger = Ledger()
    found = sorted(_walk(root, ledger))
    classes, kind = _classes([file.path for file in found])
    number = {name: index for index, name in enumerate(classes)}
    labels = [number.get(file.path.partition("/")[0], -1) for file in found]
    rows = _in_turn(labels)[: within(limit, len(found), ledger)]
    chosen = [found[row] for row in rows]
    fingerprint = digest("folder", *(part for file in chosen for part in (file.path, file.size)))
    return Listing(
        place=str(root),
        kind=kind,
        files=FolderFiles(root, [file.path for file in chosen]),
        label=torch.tensor([labels[row] for row in rows], dtype=torch.int64),
        classes=tuple(printable(name) for name in classes),
        fingerprint=fingerprint,
        version=f"{fingerprint}-{digest(*(file.written for file in chosen))}",
        ledger=ledger,
    )


class _File(NamedTuple):
    path: str  # below the root, as the system spells it
    size: int  # bytes
    written: int  # nanoseconds


def _walk(root: Path, ledger: Ledger) -> Iterator[_File]:
    folders, seen = [""], {_identity(root.stat())}
    while folders:
        folder = folders.pop()
        for entry in _entries(root / folder, folder, ledger):
            path, status = folder + entry.name, entry.stat()
            if not stat.S_ISDIR(status.st_mode):
                yield from _candidate(path, status, ledger)
            elif _identity(status) in seen:  # links may lead in circles
                _exclude(ledger, "folders met before")
            else:
                seen.add(_identity(status))
                folders.append(path + "/")


def _entries(place: Path, folder: str, ledger: Ledger) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder and is neither hidden nor a broken link."""
    try:
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
    except OSError as error:
        _skip(ledger, folder or ".", f"folder cannot be opened: {error.strerror}")
        return
    for entry in entries:
        try:
            entry.stat()
        except OSError as error:
            reason = "broken link" if entry.is_symlink() else str(error.strerror)
            _skip(ledger, folder + entry.name, reason)
            continue
        if entry.name.startswith("."):
            _exclude(ledger, "hidden")
        else:
            yield entry


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _candidate(path: str, status: os.stat_result, ledger: Ledger) -> Iterator[_File]:
    suffix = PurePath(path).suffix.lower()
    if suffix and suffix not in suffixes():
        _exclude(ledger, f"{printable(suffix)} files")
    elif not stat.S_ISREG(status.st_mode):
        _skip(ledger, path, "not a regular file")
    else:
        ledger.found += 1
        yield _File(path, status.st_size, status.st_mtime_ns)


def _exclude(ledger: Ledger, filter_: str) -> None:
    ledger.found += 1
    ledger.exclude(filter_)


def _skip(ledger: Ledger, path: str, reason: str) -> None:
    ledger.found += 1
    ledger.skip(printable(path), reason)


def _classes(paths: Sequence[str]) -> tuple[list[str], str]:
    """Names of the class folders, and what to tell people about them."""
    direct = sum("/" not in path for path in paths)
    folders = sorted({path.partition("/")[0] for path in paths if "/" in path})
    if len(folders) < 2:
        return [], "without class folders"
    if direct:
        return [], f"without class folders ({direct:,} beside the {len(folders)} sub-folders)"
    return folders, f"in {counted(len(folders), 'class folder')}"


def _in_turn(labels: Sequence[int]) -> list[int]:
    turn = defaultdict[int, Iterator[int]](itertools.count)
    key = [(next(turn[label]), label) for label in labels]
    return sorted(range(len(labels)), key=key.__getitem__)
