"""Photos to crops: what worker processes do.

A task is a few images: each is decoded once, and each view's crop is cut from it and resized. All
else that happens to a view happens later, in the batch. The workers come from a fork server, a
process that has imported this module and nothing else: unlike plain fork it is safe beside threads
(TensorBoard's, OpenMP's), and unlike spawn it imports torch once, so workers start in milliseconds.
"""

import contextlib
import math
import multiprocessing
import signal
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import forkserver
from types import ModuleType
from typing import Any, NamedTuple

import torch
from jaxtyping import UInt8
from torch import Tensor
from torch.utils.data import DataLoader

from lookalike.data.decoding import UnreadableImage
from lookalike.data.sources import Reader
from lookalike.errors import DataError
from lookalike.randomness import image_keys
from lookalike.views.policy import Policy
from lookalike.views.render import crop_photo, draw

TASK = 32
"""Images in a task: few, so that little shared memory is held and all workers help each batch."""


class Request(NamedTuple):
    """Some images in some epoch."""

    epoch: int
    rows: list[int]


def tasks(request: Request) -> list[Request]:
    """The request in parts of at most `TASK` images."""
    return [
        Request(request.epoch, request.rows[first : first + TASK])
        for first in range(0, len(request.rows), TASK)
    ]


class Crops(NamedTuple):
    """What became of a request."""

    rows: list[int]  # those that could be read
    views: tuple[UInt8[Tensor, "n c s s"], ...]  # none if no image could be read
    failed: list[tuple[str, str]]  # name and reason of the others


@dataclass(frozen=True)
class Cropper:
    """Cuts the crops of a request, as a mapping for torch's DataLoader."""

    reader: Reader
    policies: tuple[Policy, ...]
    seed: int

    def __getitem__(self, request: Request) -> Crops:
        rows = torch.tensor(request.rows)
        key, sizes = image_keys(self.seed, request.epoch, rows), self.reader.sizes[rows]
        drawn = [draw(policy, key, view, sizes) for view, policy in enumerate(self.policies)]
        crops, kept, failed = [], [], []
        for place, row in enumerate(request.rows):
            try:
                photo = self.reader.read(row)
            except UnreadableImage as error:
                failed.append((error.name, error.reason))
                continue
            here = slice(place, place + 1)
            pairs = zip(self.policies, drawn, strict=True)
            crops.append([crop_photo(photo, policy, view.rows(here)) for policy, view in pairs])
            kept.append(row)
        views = tuple(torch.stack(view) for view in zip(*crops, strict=True))
        return Crops(kept, views, failed)


class Workers:
    """Answers requests in order, with `count` processes that stay, or here where there are none.

    Args:
        cropper: what they do.
        count: processes.
        ahead: images they may be ahead of what was asked for.
    """

    def __init__(self, cropper: Cropper, count: int, ahead: int) -> None:
        self._cropper, self._plan = cropper, _Plan()
        self._loader = _loader(cropper, self._plan, count, ahead) if count else None

    def answers(self, requests: Iterable[Request]) -> Iterator[Crops]:
        """One answer for each request; of several iterations only the youngest may go on."""
        if self._loader is None:
            return map(self._cropper.__getitem__, requests)
        self._plan.requests = requests
        with _no_main_module(), _quiet_about_cores():
            answers = iter(self._loader)
        return _with_clear_errors(answers)


class _Plan:
    """A sampler whose requests are handed in before each iteration, so the workers can stay."""

    def __init__(self) -> None:
        self.requests: Iterable[Request] = ()

    def __iter__(self) -> Iterator[Request]:
        return iter(self.requests)


def _loader(cropper: Cropper, plan: _Plan, count: int, ahead: int) -> DataLoader[Crops]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    forkserver.ensure_running()  # it imports torch while the caller goes on
    data: Any = cropper  # DataLoader never asks such a mapping for its length
    with _quiet_about_cores():
        return DataLoader(
            data,
            sampler=plan,
            batch_size=None,
            collate_fn=_as_it_is,
            num_workers=count,
            prefetch_factor=max(2, math.ceil(ahead / TASK / count)),
            persistent_workers=True,
            multiprocessing_context=context,
            worker_init_fn=_ignore_interrupt,
            generator=torch.Generator(),  # or iterating would move torch's own
        )


def _as_it_is(crops: Any) -> Any:
    return crops


def _ignore_interrupt(_worker: int) -> None:
    """Ctrl-C reaches the whole group, and the run wants its last batches while it saves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


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


def _with_clear_errors(answers: Iterator[Crops]) -> Iterator[Crops]:
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
