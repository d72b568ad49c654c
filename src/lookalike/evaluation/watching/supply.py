"""Whether the training waits for its pictures, and what would shorten that."""

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from lookalike.evaluation.watching.diagnosis import Finding
from lookalike.training.monitors import Moment

SECONDS = 60.0
"""Over which the waiting is counted."""

WAITING = 0.25
"""Share of them from which on it is worth a sentence."""

IDLE = 0.3
"""Share of the processors' time that is idle while all could decode: then something else is slow."""

STARTING = 5
"""Updates at the beginning, while workers start, that do not count."""


class Processors(NamedTuple):
    """Args:
    cores: of this machine.
    workers: processes that decode.
    idle: seconds that all cores together have been idle so far; None where nobody counts them.
    """

    cores: int
    workers: int
    idle: float | None


def processors() -> Processors:
    """Of this machine, now."""
    return Processors(os.cpu_count() or 1, len(multiprocessing.active_children()), _idle())


class Supply:
    """Finds a training that waits for photos more than a quarter of a minute in each.

    Args:
        waited: seconds that the loader has waited so far.
        clock: seconds since some moment.
        machine: looks at the processors.
    """

    def __init__(
        self,
        waited: Callable[[], float],
        *,
        clock: Callable[[], float] = time.monotonic,
        machine: Callable[[], Processors] = processors,
    ) -> None:
        self._waited, self._clock, self._machine = waited, clock, machine
        self._updates = 0

    def see(self, moment: Moment, numbers: Mapping[str, float]) -> Finding | None:
        """After one more update."""
        del moment, numbers
        self._updates += 1
        if self._updates == STARTING:
            self._begin()
        if self._updates <= STARTING or self._clock() - self._time < SECONDS:
            return None
        seconds, waited, before = self._clock() - self._time, self._before, self._processors
        self._begin()
        share = (self._before - waited) / seconds
        return _finding(share, seconds, before, self._processors) if share > WAITING else None

    def _begin(self) -> None:
        self._time, self._before = self._clock(), self._waited()
        self._processors = self._machine()


def _finding(share: float, seconds: float, before: Processors, now: Processors) -> Finding:
    what = f"the training waited for pictures {share:.0%} of the last {seconds:.0f} s"
    return Finding("waiting for data", f"{what}: {_why(seconds, before, now)}")


def _why(seconds: float, before: Processors, now: Processors) -> str:
    """Which side is the bottleneck, and what widens it."""
    if now.workers < now.cores:
        return (
            f"{now.workers} processes decode and this machine has {now.cores} cores. Go on with "
            f"--workers {now.cores}"
        )
    if now.idle is not None and before.idle is not None:
        idle = (now.idle - before.idle) / seconds / now.cores
        if idle > IDLE:
            return (
                f"all {now.cores} cores decode and yet are idle {idle:.0%} of the time, so the disk "
                "or the network is what limits. Copy the pictures to a faster disk, or store them in "
                "Parquet files"
            )
    return (
        f"all {now.cores} cores decode already, so decoding and views are what limits, not the "
        "encoder. Store the pictures smaller, at about twice the size of the views, or leave out "
        "costly changes of the views"
    )


def _idle() -> float | None:
    """Linux counts it in the first line of /proc/stat: user, nice, system, idle, waiting for disks."""
    stat = Path("/proc/stat")
    if not stat.is_file():
        return None
    idle, disks = stat.read_text().split(maxsplit=6)[4:6]
    return (int(idle) + int(disks)) / os.sysconf("SC_CLK_TCK")
