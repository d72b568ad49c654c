"""The processes that decode photos.

They come from a fork server, a process that has imported this module and nothing else: unlike plain
fork it is safe beside threads (TensorBoard's, OpenMP's), and unlike spawn it imports torch once, so
workers start in milliseconds. Their answers come through shared memory, or through a pipe where that
has no room. Whoever waits for them learns what for: a dead worker is an error that names its signal
and its picture, and a slow one a line of the log every minute.
"""

import contextlib
import logging
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterable, Iterator, MutableSequence
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.util import Finalize
from types import ModuleType
from typing import Any

import torch
from torch.utils.data import DataLoader, get_worker_info

from lookalike.data.cropping import TASK, Cropper, Crops, Request
from lookalike.data.decoding import Decoded
from lookalike.data.sources import Reader
from lookalike.errors import DataError
from lookalike.signals import ended

SECONDS_BETWEEN_LINES = 60.0
"""How often the log says that pictures are waited for."""

_NOTHING = -1


class Workers:
    """Answers requests in order, with `count` processes that stay, or here where there are none.

    Args:
        cropper: what they do.
        count: processes.
        ahead: images they may be ahead of what was asked for.
    """

    def __init__(self, cropper: Cropper, count: int, ahead: int) -> None:
        context = multiprocessing.get_context("forkserver")
        rows = context.RawArray("q", [_NOTHING] * count) if count else [_NOTHING]
        self._rows: MutableSequence[int] = rows
        self._name = cropper.reader.files.name
        reader = _Noting(**vars(cropper.reader), rows=rows)
        self._cropper, self._plan = replace(cropper, reader=reader), _Plan()
        self._loader = self._start(context, count, ahead) if count else None

    def answers(self, requests: Iterable[Request]) -> Iterator[Crops]:
        """One answer for each request; of several iterations only the youngest may go on."""
        if self._loader is None:
            return self._patiently(map(self._cropper.__getitem__, requests))
        self._plan.requests = requests
        with _no_main_module(), _quiet_about_cores(), _starting():
            answers = iter(self._loader)
        return self._with_clear_errors(self._patiently(answers), answers)

    @property
    def reading(self) -> list[str]:
        """The pictures that are being read right now."""
        return [self._name(row) for row in self._rows if row != _NOTHING]

    def _start(self, context: Any, count: int, ahead: int) -> DataLoader[Crops]:
        context.set_forkserver_preload(["lookalike.data.server", __name__])
        forkserver.ensure_running()  # it imports torch while the caller goes on
        lifeline, end = multiprocessing.Pipe(duplex=False)
        Finalize(self, end.close, exitpriority=0)  # at exit, before the workers are waited for
        data: Any = self._cropper  # DataLoader never asks such a mapping for its length
        with _quiet_about_cores():
            return DataLoader(
                data,
                sampler=self._plan,
                batch_size=None,
                collate_fn=_handed_over,
                num_workers=count,
                prefetch_factor=max(2, math.ceil(ahead / TASK / count)),
                persistent_workers=True,
                multiprocessing_context=context,
                worker_init_fn=partial(_live_by, lifeline),
                generator=torch.Generator(),  # or iterating would move torch's own
            )

    def _patiently(self, answers: Iterator[Crops]) -> Iterator[Crops]:
        """The answers; a long wait for one is told."""
        while True:
            come = threading.Event()
            threading.Thread(target=self._tell, args=(come,), daemon=True).start()
            try:
                answer = next(answers)
            except StopIteration:
                return
            finally:
                come.set()
            yield answer._replace(views=tuple(map(torch.as_tensor, answer.views)))

    def _tell(self, come: threading.Event) -> None:
        begun = time.monotonic()
        while not come.wait(SECONDS_BETWEEN_LINES):
            names = ", ".join(map(repr, self.reading)) or "a worker process that does not answer"
            seconds = time.monotonic() - begun
            logging.getLogger(__name__).warning(
                "waiting for pictures since %.0f s: %s; is the disk slow, or gone?", seconds, names
            )

    def _with_clear_errors(self, answers: Iterator[Crops], loader: Any) -> Iterator[Crops]:
        try:
            yield from answers
        except (RuntimeError, EOFError, ConnectionError, FileNotFoundError) as error:
            if isinstance(error, RuntimeError) and "exited unexpectedly" not in str(error):
                raise  # the others come from asking a dead worker for what it had ready
            raise self._death(loader._workers) from error

    def _death(self, crew: list[Any]) -> DataError:
        """Which worker ended, by which signal, and at which picture."""
        wait([worker.sentinel for worker in crew], timeout=5)
        dead = [(number, worker.exitcode) for number, worker in enumerate(crew) if worker.exitcode]
        number, code = dead[0] if dead else (0, 1)
        row = self._rows[number]
        place = "" if row == _NOTHING else f" while it read {self._name(row)!r}"
        return DataError(
            f"A worker process that decodes pictures {ended(code)}{place}.",
            why=_CAUSES.get(code, "Somebody ended it, or its decoder failed."),
            do="Type the same command to go on, with fewer workers or --workers 0.",
        )


_CAUSES = {
    -signal.SIGKILL: "Usually the machine's memory has run out.",
    -signal.SIGBUS: "Shared memory (/dev/shm) or the disk has run out, or the file shrank.",
    -signal.SIGSEGV: "The picture may be one that breaks its decoder.",
}


@dataclass(frozen=True)
class _Noting(Reader):
    """A reader that notes which picture it is at, in the place of its process."""

    rows: Any = field(kw_only=True)  # an array that the processes share

    def read(self, row: int, reduction: int = 1) -> Decoded:
        info = get_worker_info()
        place = info.id if info else 0
        self.rows[place] = row
        try:
            return super().read(row, reduction)
        finally:
            self.rows[place] = _NOTHING


class _Plan:
    """A sampler whose requests are handed in before each iteration, so the workers can stay."""

    def __init__(self) -> None:
        self.requests: Iterable[Request] = ()

    def __iter__(self) -> Iterator[Request]:
        return iter(self.requests)


def _handed_over(crops: Any) -> Any:
    """The answer in shared memory, or by value where that is full: containers often have 64 MB."""
    try:
        for view in crops.views:
            view.share_memory_()
    except RuntimeError:
        return crops._replace(views=tuple(view.numpy() for view in crops.views))
    return crops


@contextlib.contextmanager
def _starting() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            "The processes that decode pictures cannot be started.",
            why=f"The system says: {error.strerror or error}.",
            do="Make room in shared memory (/dev/shm), or use --workers 0.",
        ) from error


def _live_by(lifeline: "Connection[Any, Any]", _worker: int) -> None:
    """A worker ends when the other end of its lifeline closes, however its parent ends.

    Signals reach the whole group, and the run wants its last batches while it saves.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)

    def watch() -> None:
        lifeline.poll(None)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _no_main_module() -> Iterator[None]:
    """Workers started here do not run the user's script again: it needs no `if __name__` guard."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextlib.contextmanager
def _quiet_about_cores() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This DataLoader will create")
        yield
