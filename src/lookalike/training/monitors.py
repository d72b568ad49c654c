"""Monitors: whoever watches the training. They may look and write, never change the method."""

import json
import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from lookalike import files
from lookalike.distributed import anyone
from lookalike.method import Batch, Method, Step
from lookalike.training.copying import Copy
from lookalike.training.events import write_events


class Moment(NamedTuple):
    """The training just after one update."""

    update: int  # number of this update, from 0
    updates: int  # in all
    step: Step
    rate: float
    method: Method
    images: int  # in this update's batch, on all processes
    batch: Batch  # this process's


@runtime_checkable
class Monitor(Protocol):
    """Looks at every update."""

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        """Numbers of its own for this update; `numbers` are those of the monitors before it."""
        ...


class Basics:
    """Loss, rate, the method's own numbers, and images per second since the last update.

    A number that is not one, such as one that needs labels where there are none, is left out.
    """

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        del numbers
        every = {name: value.item() for name, value in moment.step.numbers.items()}
        own = {name: value for name, value in every.items() if not math.isnan(value)}
        loss = moment.step.loss.item()
        now = time.perf_counter()
        speed, self._last = moment.images / (now - self._last), now
        return {"loss": loss, "rate": moment.rate, **own, "images_per_second": speed}


class Records:
    """`metrics.jsonl` (the truth, one line for each update), and copies of it for trackers.

    Args:
        folder: of the run.
        start: the first update to come; lines of it and later ones are from a lost future.
        updates_per_epoch: to write the epoch beside the update.
        tell: takes a sentence where a copy fails, which ends nothing.
        also: copies for others.

    Raises:
        StorageError: `metrics.jsonl`, which is a part of the run, cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        start: int,
        updates_per_epoch: int,
        tell: Callable[[str], None],
        also: Sequence[Copy] = (),
    ) -> None:
        self._path = folder / "metrics.jsonl"
        files.write_text(self._path, "".join(_lines_before(self._path, start)))
        with files.storage_errors(self._path):
            self._file = self._path.open("a", encoding="utf-8")
        events = partial(write_events, folder=folder / "tensorboard", start=start)
        self._copies = [Copy("TensorBoard", events, tell=tell), *also]
        self._updates_per_epoch = updates_per_epoch

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        epoch = (moment.update + 1) / self._updates_per_epoch
        row = {"update": moment.update, "epoch": round(epoch, 4), **numbers}
        with files.storage_errors(self._path):
            self._file.write(json.dumps(row) + "\n")
            self._file.flush()
        for copy in self._copies:
            copy.add(moment.update, dict(numbers))
        return {}

    def close(self) -> None:
        """Ends the files."""
        for copy in self._copies:
            copy.close()
        with files.storage_errors(self._path):  # what a full disk refused is tried once more
            self._file.close()


class Saver:
    """Calls `save` every few minutes and whenever an epoch is full, on all processes at once.

    Args:
        save: takes the number of updates done.
        seconds: greatest time between two saves.
        updates_per_epoch: an epoch's length.
    """

    saved: int = 0
    """Updates done at the last save."""

    def __init__(
        self, save: Callable[[int], None], *, seconds: float, updates_per_epoch: int
    ) -> None:
        self._save, self._seconds, self._epoch = save, seconds, updates_per_epoch
        self._time = time.monotonic()

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        del numbers
        done = moment.update + 1
        late = time.monotonic() - self._time > self._seconds
        if done % self._epoch == 0 or anyone(late, moment.step.loss.device):
            self._save(done)
            self.saved, self._time = done, time.monotonic()
        return {}


def _lines_before(path: Path, update: int) -> list[str]:
    """The complete lines of updates before this one."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    return [line for line in whole if -1 < _update_of(line) < update]


def _update_of(line: str) -> int:
    """The update that a line tells of; -1 for a line that is damaged."""
    try:
        return int(json.loads(line)["update"])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return -1
