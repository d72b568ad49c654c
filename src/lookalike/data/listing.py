"""What a folder or a table holds, before any picture is opened."""

import hashlib
import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from lookalike.data.ledger import Ledger
from lookalike.errors import UsageError


class Files(ABC):
    """Encoded pictures by number. Worker processes get a copy."""

    @abstractmethod
    def name(self, row: int) -> str:
        """Unique, printable."""

    @abstractmethod
    def open(self, row: int) -> io.BytesIO | io.BufferedReader:
        """The bytes of one picture; may raise OSError."""

    @abstractmethod
    def take(self, rows: Sequence[int]) -> "Files":
        """Those of `rows`, in that order."""


@dataclass(frozen=True)
class FolderFiles(Files):
    """Files below a folder.

    Args:
        root: the folder.
        paths: their paths below it, as the system spells them.
    """

    root: Path
    paths: Sequence[str]

    def name(self, row: int) -> str:
        return printable(self.paths[row])

    def open(self, row: int) -> io.BytesIO | io.BufferedReader:
        return (self.root / self.paths[row]).open("rb")

    def take(self, rows: Sequence[int]) -> "FolderFiles":
        return replace(self, paths=[self.paths[row] for row in rows])


@dataclass(frozen=True)
class MemoryFiles(Files):
    """Files in memory, which worker processes share.

    Args:
        names: for people.
        content: all bytes, one file behind the other.
        span: where each begins and ends.
    """

    names: Sequence[str]
    content: UInt8[Tensor, " bytes"]
    span: Int[Tensor, "n 2"]

    def name(self, row: int) -> str:
        return self.names[row]

    def open(self, row: int) -> io.BytesIO | io.BufferedReader:
        begin, end = self.span[row].tolist()
        return io.BytesIO(self.content[begin:end].numpy().tobytes())

    def take(self, rows: Sequence[int]) -> "MemoryFiles":
        names = [self.names[row] for row in rows]
        return replace(self, names=names, span=self.span[torch.tensor(rows, dtype=torch.int64)])


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
    """

    place: str
    kind: str
    files: Files
    label: Int[Tensor, " n"]
    classes: tuple[str, ...]
    fingerprint: str
    version: str
    ledger: Ledger


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
    """A short hexadecimal hash of the parts' texts."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
