"""One process at a time in a run folder, and no lock outlives its process."""

import errno
import fcntl
import json
import os
import platform
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookalike import lock
from lookalike.errors import StorageError
from lookalike.lock import locked
from lookalike.run.folder import RunFolder

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

BUSY, TOOK = 4, 5


def start(work: Callable[[], None]) -> int:
    """The id of a process that does this."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except StorageError as error:
            code = BUSY if "Another process is working" in str(error) else 1
        finally:
            os._exit(code)
    return pid


def ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def hold(folder: Path) -> int:
    """A process that has the lock until it is killed."""
    before = folder / "held"

    def work() -> None:
        with locked(folder):
            before.touch()
            time.sleep(60)

    pid = start(work)
    while not before.exists():
        time.sleep(0.001)
    before.unlink()
    return pid


def record(folder: Path, **changes: Any) -> None:
    """Somebody's name in the lock file, as if this process had not written it."""
    with locked(folder):
        mine = json.loads((folder / ".lock").read_text())
    (folder / ".lock").write_text(json.dumps(mine | changes) + "\n")


@pytest.mark.parametrize("rounds", [4, pytest.param(200, marks=pytest.mark.nightly)])
def test_twenty_at_once_and_one_wins(rounds: int, tmp_path: Path) -> None:
    """In a new folder, and in one whose lock was left by a process that was killed."""
    for number in range(rounds):
        folder = tmp_path / str(number)
        if number % 2:
            folder.mkdir()
            os.kill(pid := hold(folder), signal.SIGKILL)
            ended(pid)
        ready, go = os.pipe()

        def race(folder: Path = folder, ready: int = ready, go: int = go) -> None:
            os.close(go)
            os.read(ready, 1)  # ends for all when the parent closes its end
            with locked(folder):
                time.sleep(1)
                os._exit(TOOK)

        pids = [start(race) for _ in range(20)]
        os.close(go)
        codes = sorted(ended(pid) for pid in pids)
        os.close(ready)
        assert codes == [BUSY] * 19 + [TOOK]


def test_a_folder_that_a_failed_start_removes_is_no_trap(tmp_path: Path) -> None:
    """Whoever opened the lock file before it was removed makes a new one."""
    folder = tmp_path / "run"

    def begin_and_fail() -> None:
        for _ in range(100):
            with RunFolder(folder).locked():
                assert (folder / ".lock").exists()

    codes = [ended(pid) for pid in [start(begin_and_fail) for _ in range(4)]]
    assert set(codes) <= {0, BUSY}
    with RunFolder(folder).locked():
        pass


def test_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    pid = hold(tmp_path)
    since = json.loads((tmp_path / ".lock").read_text())["since"]
    with pytest.raises(StorageError) as error, locked(tmp_path):
        pass
    assert f"It is process {pid} on {platform.node()}, since {since}." in str(error.value)
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    with locked(tmp_path):
        assert json.loads((tmp_path / ".lock").read_text())["pid"] == os.getpid()
    assert (tmp_path / ".lock").read_text() == ""


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    for _ in range(20):
        pid = hold(tmp_path)
        os.kill(pid, signal.SIGKILL)
        ended(pid)


ELSEWHERE = {"host": "elsewhere", "boot": "another"}


def test_another_machine_is_respected_while_it_lives(tmp_path: Path) -> None:
    record(tmp_path, **ELSEWHERE)
    with pytest.raises(StorageError, match="on elsewhere") as error, locked(tmp_path):
        pass
    assert "taken for gone in 5 minutes" in str(error.value)
    long_ago = time.time() - lock.SILENCE - 1
    os.utime(tmp_path / ".lock", (long_ago, long_ago))
    with locked(tmp_path):
        pass


def test_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BEAT", 0.01)
    path = tmp_path / ".lock"
    with locked(tmp_path):
        os.utime(path, (0, 0))
        deadline = time.monotonic() + 10
        while path.stat().st_mtime == 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.parametrize(
    ("changes", "busy"),
    [
        ({}, True),  # this very process lives
        ({"pid": 2**22 + 1}, False),  # no process has this number
        ({"boot": "before"}, False),
        (ELSEWHERE, True),
    ],
)
def test_where_the_file_system_knows_no_locks(
    changes: dict[str, Any], busy: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    record(tmp_path, **changes)
    monkeypatch.setattr(fcntl, "flock", refuse)
    if busy:
        with pytest.raises(StorageError, match="Another process"), locked(tmp_path):
            pass
    else:
        with locked(tmp_path):
            pass


@pytest.mark.parametrize(
    "content", ["", "1234\n", "{", "[]", "\x00\xff", '{"pid": "x", "host": 3}\n']
)
def test_stale_files_of_any_content(content: str, tmp_path: Path) -> None:
    """An older version wrote a number alone."""
    (tmp_path / ".lock").write_text(content, encoding="latin-1")
    os.utime(tmp_path / ".lock", (0, 0))
    with locked(tmp_path):
        pass


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").touch()
    (tmp_path / "cache").mkdir()
    for place in (tmp_path, tmp_path / "cache"):
        (place / ".file.123.tmp").touch()
    with RunFolder(tmp_path).locked():
        assert not [*tmp_path.glob("**/.*.tmp")]
