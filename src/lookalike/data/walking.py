"""All that lies below a folder, in little memory and in an order of its own."""

# A million paths, as the bytes that the system has:
# ruff: noqa: PTH114, PTH116, PTH122

import os
import stat
from array import array
from collections.abc import Iterator
from pathlib import Path

from lookalike.data.formats import suffixes
from lookalike.data.ledger import Ledger
from lookalike.data.listing import printable, stamp_of
from lookalike.data.reasons import Reason, because


class Walk:
    """The paths below a folder that may be pictures, in the order of their bytes.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.ledger = Ledger()
        self.stamp = array("q")
        """Size and time of each path."""
        self.folder = array("q")
        """Which of `folders` each lies in; -1 is the root itself."""
        self.folders: dict[bytes, int] = {}
        """The folders right below the root that hold pictures, as met."""
        self.visited: list[bytes] = []
        """All folders that were opened."""
        self.visits = array("q")
        """Size and time of each folder visited."""
        self._root = os.fsencode(root) + b"/"
        self._inside = os.path.realpath(self._root) + b"/"
        self._seen = set[tuple[int, int]]()
        self._kinds: dict[bytes, str] = {}

    def __iter__(self) -> Iterator[bytes]:
        levels = [self._entries(b"")] if self._is_new(b"") else []
        while levels:
            path = next(levels[-1], None)
            if path is None:
                levels.pop()
            elif not path.endswith(b"/"):
                yield from self._candidate(path)
            elif self._is_new(path):
                levels.append(self._entries(path))

    def _entries(self, folder: bytes) -> Iterator[bytes]:
        """What lies in a folder and is not hidden, folders with a slash at their end."""
        try:
            with os.scandir(self._root + folder) as entries:
                names = [e.name + b"/" if _is_folder(e) else e.name for e in entries]
        except OSError as error:
            reason = because(Reason.CLOSED, error.strerror)
            self._skip(folder or b".", reason)
            return
        names.sort(reverse=True)
        while names:  # a folder may hold a million: each goes as it is taken
            name = names.pop()
            if name.startswith(b"."):
                self._exclude("hidden")
            else:
                yield folder + name

    def _is_new(self, folder: bytes) -> bool:
        """Whether a folder is to be visited: not one that a link shows a second time."""
        place = (self._root + folder)[:-1]
        try:
            status = os.stat(place)
        except OSError as error:
            self._skip(folder, because(Reason.CLOSED, error.strerror))
            return False
        here = status.st_dev, status.st_ino
        inwards = folder and os.path.islink(place)
        if here in self._seen or (inwards and os.path.realpath(place).startswith(self._inside)):
            self._exclude("folders met elsewhere")
            return False
        self._seen.add(here)
        self.visited.append(folder)
        self.visits.extend(stamp_of(status))
        return True

    def _candidate(self, path: bytes) -> Iterator[bytes]:
        suffix = os.path.splitext(path)[1]
        if kind := self._kinds.get(suffix) or self._kinds.setdefault(suffix, _kind(suffix)):
            self._exclude(kind)
            return
        try:
            status = os.stat(self._root + path)
        except OSError as error:
            self._skip(path, because(Reason.GONE, error.strerror))
            return
        if not stat.S_ISREG(status.st_mode):
            self._skip(path, because(Reason.IRREGULAR))
            return
        self.ledger.found += 1
        top, below, _ = path.partition(b"/")
        self.folder.append(self.folders.setdefault(top, len(self.folders)) if below else -1)
        self.stamp.extend(stamp_of(status))
        yield path

    def _exclude(self, filter_: str) -> None:
        self.ledger.found += 1
        self.ledger.exclude(filter_)

    def _skip(self, path: bytes, reason: str) -> None:
        self.ledger.found += 1
        self.ledger.skip(printable(os.fsdecode(path)), reason)


def _is_folder(entry: os.DirEntry[bytes]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def _kind(suffix: bytes) -> str:
    """What files with this ending are called in the books; empty if they may be pictures."""
    text = os.fsdecode(suffix).lower()
    return f"{printable(text)} files" if text.strip(".") and text not in suffixes() else ""
