"""What a folder or a table holds, before any picture is opened."""

import hashlib
import io
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jaxtyping import Int, UInt8
from torch import Tensor

from lookalike.data.ledger import Ledger
from lookalike.data.paths import Paths
from lookalike.data.reasons import Reason, Refused
from lookalike.errors import UsageError


class Files(ABC):
    """Encoded pictures by number. Worker processes get a copy."""

    @abstractmethod
    def name(self, row: int) -> str:
        """Unique, printable."""

    @abstractmethod
    def open(self, row: int) -> io.BytesIO | io.BufferedReader:
        """The bytes of one picture; may raise OSError or Refused."""

    @abstractmethod
    def take(self, rows: Int[Tensor, " m"]) -> "Files":
        """Those of `rows`, in that order."""


class FolderFiles(Files):
    """Files below a folder.

    Args:
        root: the folder.
        paths: their paths below it, as the system spells them.
        stamp: size (bytes) and time of writing (nanoseconds) of each, [n, 2]; a file that has others
            when it is opened is refused. None does not look.
    """

    def __init__(
        self, root: Path, paths: Paths | Sequence[str], stamp: Int[Tensor, "n 2"] | None = None
    ) -> None:
        self.root = root
        self.paths = paths if isinstance(paths, Paths) else Paths.of(paths)
        self.stamp = stamp

    def name(self, row: int) -> str:
        return printable(self.paths[row])

    def open(self, row: int) -> io.BytesIO | io.BufferedReader:
        file = open(self.root / self.paths[row], "rb", opener=_at_once)  # noqa: SIM115
        status = os.fstat(file.fileno())
        try:
            if not stat.S_ISREG(status.st_mode):
                raise Refused(Reason.IRREGULAR)
            if self.stamp is not None and self.stamp[row].tolist() != stamp_of(status):
                raise Refused(Reason.CHANGED)
        except Refused:
            file.close()
            raise
        return file

    def is_same(self, row: int) -> bool:
        """Whether a file or folder is what it was when it was listed."""
        try:
            status = (self.root / self.paths[row]).stat()
        except OSError:
            return False
        return self.stamp is not None and self.stamp[row].tolist() == stamp_of(status)

    def take(self, rows: Int[Tensor, " m"]) -> "FolderFiles":
        stamp = None if self.stamp is None else self.stamp[rows]
        return FolderFiles(self.root, self.paths.take(rows), stamp)


def stamp_of(status: os.stat_result) -> list[int]:
    """What tells a file from one that took its place."""
    return [status.st_size, status.st_mtime_ns]


def _at_once(path: str, flags: int) -> int:
    """Opens what may have become a pipe, without waiting for somebody to write into it."""
    return os.open(path, flags | os.O_NONBLOCK)


@dataclass(frozen=True)
class MemoryFiles(Files):
    """Files in memory, which worker processes share.

    Args:
        names: for people.
        content: all bytes, one file behind the other.
        span: where each begins and ends.
    """

    names: Paths
    content: UInt8[Tensor, " bytes"]
    span: Int[Tensor, "n 2"]

    def name(self, row: int) -> str:
        return self.names[row]

    def open(self, row: int) -> io.BytesIO | io.BufferedReader:
        begin, end = self.span[row].tolist()
        return io.BytesIO(self.content[begin:end].numpy().tobytes())

    def take(self, rows: Int[Tensor, " m"]) -> "MemoryFiles":
        return replace(self, names=self.names.take(rows), span=self.span[rows])


@dataclass(frozen=True)
class Listing:
    """Pictures that are there, unopened.

    Args:
        place: where, for messages.
        kind: completes the sentence "1,000 pictures …".
        files: how to open them.
        label: number of each one's class, -1 where there is none.
        classes: names of the classes.
        fingerprint: the same wherever a copy of the data lies.
        version: the fingerprint, and what changes when a file is written again: good on one machine.
        ledger: the books, opened.
        folders: those that were walked through, if any.
    """

    place: str
    kind: str
    files: Files
    label: Int[Tensor, " n"]
    classes: tuple[str, ...]
    fingerprint: str
    version: str
    ledger: Ledger
    folders: FolderFiles | None = None


def printable(name: str) -> str:
    """A file name that any terminal and any UTF-8 file can hold; odd bytes become \\xNN."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def within(limit: int | None, found: int, ledger: Ledger) -> int:
    """How many of `found` pictures to take; what lies beyond the limit goes into the books."""
    if limit is None:
        return found
    if limit < 1:
        raise UsageError(f"limit={limit} leaves no pictures.", do="Use limit=1 or more.")
    ledger.exclude(f"beyond limit={limit}", max(found - limit, 0))
    return min(limit, found)


def digest(*parts: object) -> str:
    """A short hexadecimal hash of the parts: the content of tensors and paths, the texts of others."""
    found = hashlib.blake2b(digest_size=8)
    for place, part in enumerate(parts):
        found.update(b"\x1f" if place else b"")
        for content in _contents(part):
            found.update(content)
    return found.hexdigest()


def _contents(part: object) -> Iterator[bytes]:
    if isinstance(part, Paths):
        yield from part.chunks()
    elif isinstance(part, Tensor):
        yield part.numpy().tobytes()
    else:
        yield str(part).encode("utf-8", "surrogateescape")
