"""TensorBoard's events.

Its own writer blocks when the disk does, and its thread prints a traceback when that is full.
"""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.summary.writer.record_writer import RecordWriter
from torch.utils.tensorboard.summary import scalar

from lookalike.training.copying import Row, Rows


def write_events(rows: Rows, *, folder: Path, start: int) -> None:
    """Writes a file of events.

    Args:
        rows: to write.
        folder: TensorBoard reads all files in it as one.
        start: the first update to come; of it and later ones the other files are no longer true.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now, place = time.time_ns(), f"{socket.gethostname()}.{os.getpid()}"
    name = f"events.out.tfevents.{now // 10**9:010d}.{place}.{now % 10**9:09d}"
    with (folder / name).open("wb") as file:
        writer = RecordWriter(file)
        for event in _head(start):
            writer.write(event.SerializeToString())
        for row in rows:
            for event in _events(row):
                writer.write(event.SerializeToString())
            if rows.none_waits:
                writer.flush()


def _head(start: int) -> Iterator[Any]:
    """As TensorBoard's own writer begins a file."""
    yield Event(wall_time=time.time(), step=start, file_version="brain.Event:2")
    log = SessionLog(status=SessionLog.START)
    yield Event(wall_time=time.time(), step=start, session_log=log)


def _events(row: Row) -> Iterator[Any]:
    update, numbers = row
    for name, value in numbers.items():
        yield Event(wall_time=time.time(), step=update, summary=scalar(name, value))
