"""SIGINT and SIGTERM raise a flag that every loop polls; a second signal stops at once."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class StopFlag:
    """Which signal asked the program to stop, if any."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __bool__(self) -> bool:
        return self.signal is not None

    def _raise(self, number: int, _frame: FrameType | None) -> None:
        if self:
            os._exit(128 + number)
        self.signal = number


@contextlib.contextmanager
def stop_flag() -> Iterator[StopFlag]:
    """A flag raised by SIGINT or SIGTERM while the context lasts; handlers are put back after it.

    Outside the main thread, where Python forbids handlers, nobody raises it.
    """
    flag = StopFlag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    before = {s: signal.signal(s, flag._raise) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
