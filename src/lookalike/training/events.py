"""TensorBoard's events: a copy of the records, which no run waits for or fails with.

TensorBoard's own writer blocks when its disk does, and its thread prints a traceback when that is
full. Here another thread writes the records; what goes wrong there is told once, and that is all.
"""

import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.summary.writer.record_writer import RecordWriter
from torch.utils.tensorboard.summary import scalar

PATIENCE = 5.0
"""Seconds that the end of a run waits for a disk that hangs."""

Row = tuple[int, dict[str, float]]


class Events:
    """A file of events in a folder.

    Args:
        folder: TensorBoard reads all files in it as one.
        start: the first update to come; of it and later ones the other files are no longer true.
        tell: takes a sentence about what went wrong.
    """

    def __init__(self, folder: Path, *, start: int, tell: Callable[[str], None]) -> None:
        self._folder, self._start, self._tell = folder, start, tell
        self._rows = queue.SimpleQueue[Row | None]()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def add(self, update: int, numbers: dict[str, float]) -> None:
        """Numbers of an update; returns at once."""
        self._rows.put((update, numbers))

    def close(self) -> None:
        """Ends the file."""
        self._rows.put(None)
        self._thread.join(PATIENCE)

    def _work(self) -> None:
        try:
            self._write()
        except Exception as error:  # whatever it is, it is none of the run's business
            self._tell(
                f"TensorBoard's events are no longer written: {error}. metrics.jsonl goes on"
            )
            with suppress(queue.Empty):
                while True:
                    self._rows.get_nowait()

    def _write(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        now, place = time.time_ns(), f"{socket.gethostname()}.{os.getpid()}"
        name = f"events.out.tfevents.{now // 10**9:010d}.{place}.{now % 10**9:09d}"
        with (self._folder / name).open("wb") as file:
            writer = RecordWriter(file)
            for event in self._events():
                writer.write(event.SerializeToString())
                if self._rows.empty():
                    writer.flush()

    def _events(self) -> Iterator[Any]:
        """The file's head as TensorBoard's own writer gives it, then what comes."""
        yield Event(wall_time=time.time(), step=self._start, file_version="brain.Event:2")
        log = SessionLog(status=SessionLog.START)
        yield Event(wall_time=time.time(), step=self._start, session_log=log)
        while row := self._rows.get():
            update, numbers = row
            for name, value in numbers.items():
                yield Event(wall_time=time.time(), step=update, summary=scalar(name, value))
