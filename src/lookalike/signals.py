"""SIGINT and SIGTERM: an exception anywhere, or a flag where something must first be finished.

Files are written in one step, so that the program may be left at any moment: there both signals raise
`Stop`. The training loop wants to finish its update and save, so it takes a flag instead. A second
signal ends the process at once.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

ONCE = 1.0
"""Seconds in which several signals are one: `timeout`, `torchrun` and schedulers send it twice, to
the process and to its group."""


class Stop(KeyboardInterrupt):
    """A signal asked the program to end; like its base it passes through `except Exception`.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.signal = number


def ended(code: int) -> str:
    """How a process ended, in words, by its exit code; minus a signal where one ended it."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended ({code})"


class StopFlag:
    """Which signal asked the program to stop, if any."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._raises = False

    def __bool__(self) -> bool:
        return self.signal is not None

    def until(self, items: Iterable[T]) -> Iterator[T]:
        """The items until a signal comes, which also ends the wait for the next one."""
        rest = iter(items)
        while not self:
            try:
                with self._raising():
                    item = next(rest)
            except (Stop, StopIteration):
                return
            yield item

    @contextlib.contextmanager
    def _raising(self) -> Iterator[None]:
        self._raises = True
        try:
            yield
        finally:
            self._raises = False

    def _note(self, number: int) -> None:
        self.signal = number
        if self._raises:
            raise Stop(number)


@contextlib.contextmanager
def stop_flag() -> Iterator[StopFlag]:
    """A flag raised by SIGINT or SIGTERM while the context lasts; handlers are put back after it.

    Outside the main thread, where Python forbids handlers, nobody raises it.
    """
    flag = StopFlag()
    with _handled(flag._note):
        yield flag


def raised() -> contextlib.AbstractContextManager[None]:
    """SIGINT and SIGTERM raise `Stop` while the context lasts; handlers are put back after it."""

    def stop(number: int) -> None:
        raise Stop(number)

    return _handled(stop)


@contextlib.contextmanager
def _handled(first: Callable[[int], None]) -> Iterator[None]:
    """The first signal calls `first`; the process does not survive the second."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    since: list[float] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not since:
            since.append(now)
            first(number)
        elif now - since[0] > ONCE:
            os._exit(128 + number)

    before: dict[signal.Signals, Any] = {}
    try:
        for each in (signal.SIGINT, signal.SIGTERM):
            before[each] = signal.signal(each, handle)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
