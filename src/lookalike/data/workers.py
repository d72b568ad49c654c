"""The processes that decode photos.

They come from a fork server, a process that has imported this module and nothing else: unlike plain
fork it is safe beside threads (TensorBoard's, OpenMP's), and unlike spawn it imports torch once, so
workers start in milliseconds.
"""

import contextlib
import math
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator
from functools import partial
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.util import Finalize
from types import ModuleType
from typing import Any

import torch
from torch.utils.data import DataLoader

from lookalike.data.cropping import TASK, Cropper, Crops, Request
from lookalike.errors import DataError


class Workers:
    """Answers requests in order, with `count` processes that stay, or here where there are none.

    Args:
        cropper: what they do.
        count: processes.
        ahead: images they may be ahead of what was asked for.
    """

    def __init__(self, cropper: Cropper, count: int, ahead: int) -> None:
        self._cropper, self._plan = cropper, _Plan()
        self._loader = self._start(count, ahead) if count else None

    def answers(self, requests: Iterable[Request]) -> Iterator[Crops]:
        """One answer for each request; of several iterations only the youngest may go on."""
        if self._loader is None:
            return map(self._cropper.__getitem__, requests)
        self._plan.requests = requests
        with _no_main_module(), _quiet_about_cores():
            answers = iter(self._loader)
        return self._with_clear_errors(answers)

    def _start(self, count: int, ahead: int) -> DataLoader[Crops]:
        context = multiprocessing.get_context("forkserver")
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
                collate_fn=_as_it_is,
                num_workers=count,
                prefetch_factor=max(2, math.ceil(ahead / TASK / count)),
                persistent_workers=True,
                multiprocessing_context=context,
                worker_init_fn=partial(_live_by, lifeline),
                generator=torch.Generator(),  # or iterating would move torch's own
            )

    def _with_clear_errors(self, answers: Iterator[Crops]) -> Iterator[Crops]:
        try:
            yield from answers
        except (RuntimeError, EOFError, ConnectionError, FileNotFoundError) as error:
            if isinstance(error, RuntimeError) and "exited unexpectedly" not in str(error):
                raise  # the others come from asking a dead worker for what it had ready
            raise DataError(
                "A worker process that decodes pictures was ended from outside.",
                why="Usually memory, or shared memory (/dev/shm), has run out.",
                do="Go on with fewer workers, or workers=0.",
            ) from error


class _Plan:
    """A sampler whose requests are handed in before each iteration, so the workers can stay."""

    def __init__(self) -> None:
        self.requests: Iterable[Request] = ()

    def __iter__(self) -> Iterator[Request]:
        return iter(self.requests)


def _as_it_is(crops: Any) -> Any:
    return crops


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
