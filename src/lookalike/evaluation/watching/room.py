"""Whether memory runs out."""

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from lookalike.data.memory import memory
from lookalike.evaluation.watching.diagnosis import Finding
from lookalike.training.monitors import Moment

SECONDS = 60.0
"""Between two looks."""

LEFT = 0.05
"""Share of the memory below which little is left."""

RISING = 10
"""Looks that all show more than the one before, so that memory is said to grow."""

_GROUPS = (  # what a container uses, and of what, in cgroup versions 2 and 1
    (Path("/sys/fs/cgroup/memory.current"), "file", "shmem"),
    (Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"), "total_cache", "total_shmem"),
)


class Room(NamedTuple):
    """Bytes. Args:
    all: of the machine, or of the container if that is less.
    left: of it, for anybody.
    used: by this process and its workers.
    """

    all: int
    left: int
    used: int


def room() -> Room | None:
    """As Linux counts it; None elsewhere."""
    info = Path("/proc/meminfo")
    if not info.is_file():
        return None
    lines = (line.split() for line in info.read_text().splitlines())
    (left,) = (1024 * int(words[1]) for words in lines if words[0] == "MemAvailable:")
    pids = [os.getpid(), *(each.pid for each in multiprocessing.active_children())]
    return Room(memory(), min(left, _left_in_container()), sum(map(_resident, pids)))


class Memory:
    """Finds memory that is nearly full, or grows so that it will not last to the end of the run.

    Args:
        look: at the memory.
        clock: seconds since some moment.
    """

    def __init__(
        self,
        *,
        look: Callable[[], Room | None] = room,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look, self._clock = look, clock
        self._time = clock()
        self._used: deque[tuple[int, int]] = deque(maxlen=RISING + 1)  # update, bytes

    def see(self, moment: Moment, numbers: Mapping[str, float]) -> Finding | None:
        """After one more update."""
        del numbers
        if self._clock() - self._time < SECONDS:
            return None
        self._time, now = self._clock(), self._look()
        if now is None:
            return None
        self._used.append((moment.update, now.used))
        if now.left < LEFT * now.all:
            return Finding(
                "memory",
                f"only {_giga(now.left)} of {_giga(now.all)} of memory are left; this run holds "
                f"{_giga(now.used)}. Stop other programs, or go on with fewer --workers or a piece "
                "of the batch (piece=…)",
            )
        return self._growth(moment.updates - moment.update - 1, now)

    def _growth(self, to_come: int, now: Room) -> Finding | None:
        sizes = [used for _, used in self._used]
        rising = all(a < b for a, b in pairwise(sizes))
        if len(sizes) <= RISING or not rising:
            return None
        (first, least), (last, most) = self._used[0], self._used[-1]
        pace = (most - least) / max(1, last - first)
        if now.left > pace * to_come:
            return None
        return Finding(
            "memory grows",
            f"memory grows: {_giga(least)} to {_giga(most)} within {last - first:,} updates, and "
            f"{_giga(now.left)} are left, which lasts for {now.left / pace:,.0f} of "
            f"{to_come:,} updates. When it ends, the same command goes on; fewer --workers need less",
        )


def _left_in_container() -> int:
    """What its limit leaves; the whole memory where there is no limit. Files in memory make way."""
    for path, files, shared in _GROUPS:
        if path.is_file():
            lines = path.with_name("memory.stat").read_text().splitlines()
            stat = {name: int(size) for name, size in map(str.split, lines)}
            return memory() - int(path.read_text()) + stat.get(files, 0) - stat.get(shared, 0)
    return memory()


def _resident(pid: int | None) -> int:
    """Bytes of a process in memory, without what it shares; 0 if it has just ended."""
    try:
        _, resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[:3]
    except OSError:
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def _giga(size: int) -> str:
    return f"{size / 2**30:.1f} GB"
