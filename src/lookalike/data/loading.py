"""Batches: a function of (seed, update), whatever the number of workers and wherever one starts."""

import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lookalike import distributed
from lookalike.data.cropping import TASK, Cropper, Crops, Request, tasks
from lookalike.data.sources import Images, Photos, Source
from lookalike.data.workers import Workers
from lookalike.errors import DataError, UsageError
from lookalike.method import Batch
from lookalike.randomness import image_keys, order
from lookalike.views.policy import Policy
from lookalike.views.render import draw, finish, render


class Loader:
    """Endless shuffled batches of a source, an epoch after the other.

    Each epoch visits the images in a new order and drops the last partial batch. Pictures in memory
    are rendered in the batch on `device`; photos are decoded and cropped by worker processes, and
    the rest happens in the batch. A photo that turns out unreadable is left out of its batch, which
    shrinks, and is noted in the source's ledger.

    Args:
        source: the images.
        policies: one per view.
        batch: images in a batch, over all processes, of which each gets its share.
        seed: of the order and of all that is drawn.
        device: where the batches are wanted.
        workers: processes that decode photos; 0 decodes here. Batches do not depend on it.

    Raises:
        UsageError: the batch is larger than the source, or too small for all processes.
    """

    waited: float = 0.0
    """Seconds spent until a batch was ready, in all: waiting for workers, or rendering."""

    def __init__(
        self,
        source: Source,
        policies: tuple[Policy, ...],
        *,
        batch: int,
        seed: int,
        device: torch.device,
        workers: int = 0,
    ) -> None:
        if not distributed.world() <= batch <= len(source):
            raise UsageError(
                f"batch={batch} does not fit the {len(source):,} images of the source.",
                do=f"Use batch={len(source)} or less, but at least {distributed.world()}.",
            )
        self._count, self._batch, self._seed = len(source), batch, seed
        self._ledger = source.ledger
        self._renderer = _renderer(source, policies, seed, device, workers, batch)

    @property
    def updates_per_epoch(self) -> int:
        """Whole batches in an epoch."""
        return self._count // self._batch

    def batches(self, start: int, stop: int) -> Iterator[Batch]:
        """The batches of updates start … stop - 1, counted from the beginning of training.

        One iteration at a time: a new one ends those before it.
        """
        batches = self._renderer.batches(self._requests(start, stop))
        while True:
            asked = time.perf_counter()
            batch = next(batches, None)
            self.waited += time.perf_counter() - asked
            if batch is None:
                return
            self._ledger.check()
            if isinstance(batch, DataError):
                raise batch
            yield batch

    def _requests(self, start: int, stop: int) -> Iterator[Request]:
        epoch, rows = -1, torch.empty(0)
        for update in range(start, stop):
            if update // self.updates_per_epoch != epoch:
                epoch = update // self.updates_per_epoch
                rows = order(self._seed, epoch, self._count)
            first = update % self.updates_per_epoch * self._batch
            share = distributed.share(self._batch)
            yield Request(epoch, rows[first + share.start : first + share.stop].tolist())


def in_order(
    source: Source, policy: Policy, *, batch: int, device: torch.device, workers: int = 0
) -> Iterator[Batch]:
    """Every image once, in order, in one view; the last batch may be smaller.

    Meant for evaluation. What the policy leaves to chance is drawn as in epoch 0 of seed 0.
    Unreadable photos are missing and noted in the ledger.

    Raises:
        DataError: not one image can be read.
    """
    renderer = _renderer(source, (policy,), 0, device, workers, batch)
    rows = range(len(source))
    requests = (Request(0, list(rows[first : first + batch])) for first in rows[::batch])
    problem, readable = None, False
    for each in renderer.batches(requests):
        if isinstance(each, DataError):
            problem = problem or each
        else:
            readable = True
            yield each
    if problem and not readable:
        raise problem


@dataclass(frozen=True)
class _FromMemory:
    source: Images
    policies: tuple[Policy, ...]
    seed: int
    device: torch.device

    def batches(self, requests: Iterable[Request]) -> Iterator[Batch]:
        return map(self._render, requests)

    def _render(self, request: Request) -> Batch:
        rows = torch.tensor(request.rows)
        key = image_keys(self.seed, request.epoch, rows)
        images = self.source.images[rows].to(self.device)
        views = tuple(
            render(images, policy, key, view) for view, policy in enumerate(self.policies)
        )
        return _batch(self.source, views, rows, key, self.device)


@dataclass(frozen=True)
class _FromPhotos:
    source: Photos
    policies: tuple[Policy, ...]
    seed: int
    device: torch.device
    workers: Workers

    def batches(self, requests: Iterable[Request]) -> Iterator[Batch | DataError]:
        """An error takes the place of a batch of which nothing can be read."""
        mine, theirs = itertools.tee(requests)
        answers = self.workers.answers(task for request in theirs for task in tasks(request))
        for request in mine:
            yield self._finish(request, list(itertools.islice(answers, len(tasks(request)))))

    def _finish(self, request: Request, answers: list[Crops]) -> Batch | DataError:
        for answer in answers:
            self.source.ledger.note(answer.failed, answer.odd)
        rows = torch.tensor([row for crops in answers for row in crops.rows], dtype=torch.int64)
        if len(rows) == 0:
            return DataError(
                f"None of the {len(request.rows)} pictures of a batch can be read any more.",
                why=f"Among them: {answers[0].failed[0][0]!r} ({answers[0].failed[0][1]}).",
                do="Check that the folder or disk is still there, then go on.",
            )
        crops = [
            torch.cat(view) for view in zip(*(a.views for a in answers if a.rows), strict=True)
        ]
        key, sizes = image_keys(self.seed, request.epoch, rows), self.source.sizes[rows]
        views = tuple(
            finish(crop.to(self.device), policy, draw(policy, key, view, sizes))
            for view, (crop, policy) in enumerate(zip(crops, self.policies, strict=True))
        )
        return _batch(self.source, views, rows, key, self.device)


def _renderer(
    source: Source,
    policies: tuple[Policy, ...],
    seed: int,
    device: torch.device,
    workers: int,
    batch: int,
) -> _FromMemory | _FromPhotos:
    if isinstance(source, Images):
        return _FromMemory(source, policies, seed, device)
    if not isinstance(source, Photos):
        raise TypeError(f"a source is Images or Photos, not {type(source).__name__}")
    ahead = batch + TASK * workers  # a whole batch while the last one is trained on
    crew = Workers(Cropper(source.reader, policies, seed), workers, ahead)
    return _FromPhotos(source, policies, seed, device, crew)


def _batch(
    source: Source, views: tuple[Tensor, ...], rows: Tensor, key: Tensor, device: torch.device
) -> Batch:
    return Batch(views, rows.to(device), source.label[rows].to(device), key.to(device))
