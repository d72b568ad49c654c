"""One process works in a run folder at a time, also where several machines share it.

The lock is the system's own, on the file `.lock`, and ends with its process however that ends. Not
every network file system keeps such locks between machines. So the file also says who has it, and its
time is set anew every few seconds: a holder on another machine counts for as long as it does that.
"""

import contextlib
import fcntl
import json
import os
import platform
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from lookalike import files
from lookalike.errors import StorageError

BEAT = 15.0
"""Seconds between two signs of life."""

SILENCE = 300.0
"""Seconds without one after which a holder on another machine counts as gone."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps other processes out while the context lasts; makes the folder.

    Raises:
        StorageError: another process works there, or nothing can be written.
    """
    with _taken(folder) as lock:
        me = _myself() | {"since": datetime.now().astimezone().isoformat(" ", "seconds")}
        with files.storage_errors(folder):
            _write(lock, me)
        try:
            with _beating(lock):
                yield
        finally:
            if _read(lock) == me:
                os.ftruncate(lock, 0)


def holder(folder: Path) -> dict[str, Any]:
    """Who works in a folder, seen from outside: the lock is only looked at, never taken.

    Returns:
        "pid", "host" and "since"; nothing where nobody works there.
    """
    path = folder / ".lock"
    try:
        with path.open("rb") as lock:
            found = _read(lock.fileno())
        return found if _is_there(found, path, sure=False) else {}
    except OSError:
        return {}


@contextlib.contextmanager
def _taken(folder: Path) -> Iterator[int]:
    """A descriptor of the lock file, which is now ours."""
    path = folder / ".lock"
    while True:
        with _opened(path) as lock:
            sure = _lock(lock)
            if sure is False:
                raise _in_use(folder, _patient_read(lock))
            if not _is_at(lock, path):
                continue  # removed between its opening and its locking
            before = _read(lock)
            if _is_there(before, path, sure=bool(sure)):
                raise _in_use(folder, before)
            yield lock
            return


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    with files.storage_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield lock
    finally:
        os.close(lock)


def _lock(lock: int) -> bool | None:
    """Whether this process has it now; None where the file system knows no locks."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_at(lock: int, path: Path) -> bool:
    """Whether the open file is the one that is now there."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False


def _is_there(named: dict[str, Any], path: Path, *, sure: bool) -> bool:
    """Whether the one that the file names still works.

    Args:
        named: what the file says.
        path: of the file.
        sure: the system's own lock is ours, so nobody else on this machine has it.
    """
    me = _myself()
    here = named.get("host") == me["host"]
    same_start = named.get("boot") == me["boot"]
    if not named or (sure and (here or same_start)):
        return False
    if here and not (same_start and _is_alive(named.get("pid"))):
        return False
    return _silence(path) < SILENCE


def _is_alive(pid: object) -> bool:
    try:
        os.kill(pid if isinstance(pid, int) else 0, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def _silence(path: Path) -> float:
    """Seconds since the last sign of life, by the clock of the machine that has the files."""
    now = time.time()
    with contextlib.suppress(OSError), tempfile.TemporaryFile(dir=path.parent) as probe:
        now = os.fstat(probe.fileno()).st_mtime  # unless one may only read there
    return now - path.stat().st_mtime


@contextlib.contextmanager
def _beating(lock: int) -> Iterator[None]:
    """Sets the file's time anew every few seconds while the context lasts."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT):
            with contextlib.suppress(OSError):
                os.utime(lock)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _myself() -> dict[str, Any]:
    return {"pid": os.getpid(), "host": platform.node(), "boot": _boot()}


def _boot() -> str:
    """Which start of which machine this is; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _write(lock: int, me: dict[str, Any]) -> None:
    line = json.dumps(me).encode() + b"\n"
    os.pwrite(lock, line, 0)  # in one piece: whoever reads meanwhile finds somebody
    os.ftruncate(lock, len(line))
    os.fsync(lock)


def _read(lock: int) -> dict[str, Any]:
    """Who the file names; empty where it names nobody."""
    line = os.pread(lock, 4096, 0).partition(b"\n")[0]
    with contextlib.suppress(ValueError):
        content = json.loads(line)
        return content if isinstance(content, dict) else {}
    return {}


def _patient_read(lock: int) -> dict[str, Any]:
    """Who has it; the winner of a race needs a moment to write its name."""
    deadline = time.monotonic() + 1.0
    while not (winner := _read(lock)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return winner


def _in_use(folder: Path, other: dict[str, Any]) -> StorageError:
    pid, host, since = (other.get(key, "unknown") for key in ("pid", "host", "since"))
    gone = f" If that machine is gone, it is taken for gone in {SILENCE / 60:.0f} minutes."
    return StorageError(
        f"Another process is working in {folder}.",
        why=f"It is process {pid} on {host}, since {since}."
        + (gone if host != platform.node() else ""),
        do="Wait for it, stop it, or choose another --out.",
    )
