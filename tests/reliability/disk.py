"""A disk on which something happens at the i-th call that changes it.

Python's own calls are counted where they meet the system: `os.mkdir`, `os.rename` and so on, and each
write of a file, which is also torn in the middle.
"""

import contextlib
import errno
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

CALLS = ("mkdir", "rename", "replace", "unlink", "rmdir", "fsync")
ENDED = 9


class Disk:
    """Counts calls while the context lasts.

    Args:
        at: number of the call at which `event` happens, from 0.
        event: takes the disk and the name of the call.
    """

    def __init__(self, at: int, event: "Callable[[Disk, str], None]") -> None:
        self.at, self.event, self.count = at, event, 0
        self._originals: dict[str, Any] = {name: getattr(os, name) for name in CALLS}
        self._open = io.open
        self._lost: list[tuple[int, Callable[[], None]]] = []  # what a failing power undoes

    def __enter__(self) -> Self:
        for name in CALLS:
            setattr(os, name, self._counting(name))
        io.open = self._opening  # type: ignore[assignment]
        return self

    def __exit__(self, *_: object) -> None:
        for name, original in self._originals.items():
            setattr(os, name, original)
        io.open = self._open

    def point(self, name: str) -> None:
        """Something may happen here."""
        self.count += 1
        if self.count > self.at:
            self.event(self, name)

    def lose(self) -> None:
        """Undoes what was not synced, as a failing power may; what was removed stays so."""
        self.__exit__()
        for _, undo in reversed(self._lost):
            with contextlib.suppress(OSError):
                undo()

    def _counting(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.point(name)
            undo = self._undoing(name, args)
            result = self._originals[name](*args, **kwargs)
            if name == "fsync":
                synced = os.fstat(args[0]).st_ino
                self._lost = [each for each in self._lost if each[0] != synced]
            if undo is not None:
                made = Path(args[0] if name == "mkdir" else args[1])
                self._lost.append((_inode(made.parent), undo))
            return result

        return call

    def _undoing(self, name: str, args: tuple[Any, ...]) -> Callable[[], None] | None:
        if name == "mkdir":
            return lambda: shutil.rmtree(args[0])
        if name in ("rename", "replace"):
            source, target = map(Path, args)
            before = target.read_bytes() if target.is_file() else None

            def undo() -> None:
                target.rename(source)
                if before is not None:
                    target.write_bytes(before)

            return undo
        return None

    def _opening(self, path: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if mode != "wb":
            return self._open(path, mode, *args, **kwargs)
        self.point("open")
        file = _File(str(path), self)
        self._lost.append((_inode(Path(path).parent), Path(path).unlink))
        same = os.dup(file.fileno())
        self._lost.append((os.fstat(same).st_ino, lambda: os.ftruncate(same, 0)))
        return io.BufferedWriter(file)


class _File(io.FileIO):
    """Each write is two calls, and something may happen before and between them."""

    def __init__(self, path: str, disk: Disk) -> None:
        super().__init__(path, "w")
        self._disk = disk

    def write(self, content: Any) -> int:
        content = bytes(content)
        for part in (content[: len(content) // 2], content[len(content) // 2 :]):
            self._disk.point("write")
            super().write(part)
        return len(content)


def _inode(path: Path) -> int:
    return path.stat().st_ino


def process_ends(_disk: Disk, _name: str) -> None:
    """As by SIGKILL: no block is left in order, nothing more is written."""
    os._exit(ENDED)


def power_fails(disk: Disk, _name: str) -> None:
    """The same, and what was not synced is gone."""
    disk.lose()
    os._exit(ENDED)


def is_full(_disk: Disk, name: str) -> None:
    """From here on nothing more can be stored, but files can still be removed."""
    if name not in ("unlink", "rmdir"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def in_child(work: Callable[[], None]) -> int:
    """Exit code of a process that does this and ends at once."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException as error:
            code = getattr(error, "exit_code", 1)
            print(repr(error))
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
