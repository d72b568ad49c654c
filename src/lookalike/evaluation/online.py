"""What is learned so far, told while training: monitors that only look.

Each watches a fixed set of images, rendered once and held in half precision, so that a look costs
no more than their passes forward: 3,000 for both monitors together, about the work of training on
500 images in two views.
"""

import math
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import torch
from jaxtyping import Float16, Float32, Int
from torch import Tensor, nn

from lookalike.data.loading import Loader
from lookalike.data.sources import Source
from lookalike.evaluation import spectrum
from lookalike.evaluation.features import Features, embed, frozen
from lookalike.evaluation.knn import vote
from lookalike.method import Batch
from lookalike.randomness import number
from lookalike.training.monitors import Moment
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Policy

_BYTES = 2**28  # of views a monitor holds at most
_PIECE = 64  # images rendered, and passed through the encoder, at once


class OnlineKNN:
    """Accuracy of nearest neighbours among training images: {"knn": 0 … 1}, {} without labels.

    Each watched image is judged by all the others (leave one out), so every one serves as neighbour
    and as question. The test set is never looked at.

    Args:
        source: the training images, or some of them; those without a label are left out.
        policy: how they are seen, `views.presets.plain` of the policy trained on.
        runtime: device and precision.
        every: updates between two looks; the last update is always looked at.
        limit: the most images that are watched.
        seed: chooses them.
    """

    def __init__(
        self,
        source: Source,
        policy: Policy,
        runtime: Runtime,
        *,
        every: int,
        limit: int = 2000,
        seed: int = 0,
    ) -> None:
        self._watched = _Watched(source, (policy,), runtime, limit, seed, needs_labels=True)
        self._classes, self._every = len(source.classes), every
        self._possible = int((source.label >= 0).sum()) > 1

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        del numbers
        if not (self._possible and _due(moment, self._every)):
            return {}
        label = self._watched.sample.label
        (values,) = self._watched.features(moment.method.encoder)
        everyone = Features(values, label, torch.arange(len(label)))
        k = min(20, len(label) - 1)
        scores = vote(everyone, everyone, self._classes, k, 0.07, exclude_itself=True)
        return {"knn": (scores.argmax(dim=1) == label).double().mean().item()}


class Health:
    """The label-free numbers of `spectrum`, and the alignment of the first two views.

    Args:
        source: the training images, or some of them.
        policies: of the views trained on; of one view alone there is no alignment.
        runtime: device and precision.
        every: updates between two looks; the last update is always looked at.
        limit: the most images that are watched.
        seed: chooses them and draws their views.
    """

    def __init__(
        self,
        source: Source,
        policies: tuple[Policy, ...],
        runtime: Runtime,
        *,
        every: int,
        limit: int = 500,
        seed: int = 0,
    ) -> None:
        self._watched = _Watched(source, policies[:2], runtime, limit, seed)
        self._every = every

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        del numbers
        if not _due(moment, self._every):
            return {}
        first, *second = self._watched.features(moment.method.encoder)
        found = spectrum.describe(first)
        return found | {"alignment": spectrum.alignment(first, *second)} if second else found


class _Sample(NamedTuple):
    views: tuple[Float16[Tensor, "n c _ _"], ...]
    label: Int[Tensor, " n"]


class _Watched:
    """A fixed random choice of images, rendered when first looked at: training starts at once."""

    def __init__(
        self,
        source: Source,
        policies: tuple[Policy, ...],
        runtime: Runtime,
        limit: int,
        seed: int,
        *,
        needs_labels: bool = False,
    ) -> None:
        self._source, self._policies, self._runtime = source, policies, runtime
        each = 2 * source.channels * sum(policy.size**2 for policy in policies)
        self._limit = min(limit, _BYTES // each)
        self._seed, self._needs_labels = seed, needs_labels

    @cached_property
    def sample(self) -> _Sample:
        """At most `limit` images, in an order of their own."""
        parts = list(self._batches())
        views = zip(*(part.views for part in parts), strict=True)
        label = torch.cat([part.label for part in parts])[: self._limit]
        return _Sample(tuple(torch.cat(view)[: self._limit] for view in views), label)

    def features(self, encoder: nn.Module) -> list[Float32[Tensor, "n d"]]:
        """Of each view, on the CPU; the encoder is left as it was."""
        views = self.sample.views
        with frozen(encoder):
            return [self._embed(encoder, view) for view in views]

    def _embed(self, encoder: nn.Module, view: Tensor) -> Tensor:
        pieces = torch.split(view, _PIECE)
        return torch.cat([embed(encoder, each.float(), self._runtime).cpu() for each in pieces])

    def _batches(self) -> Iterator[_Sample]:
        count = len(self._source)
        loader = Loader(
            self._source,
            self._policies,
            batch=count // math.ceil(count / _PIECE),  # nearly all fit into whole batches
            seed=number("watched", self._seed),
            device=self._runtime.device,
        )
        found = 0
        for batch in loader.batches(0, loader.updates_per_epoch):
            part = _usable(batch, self._needs_labels)
            found += len(part.label)
            yield part
            if found >= self._limit:
                return


def _usable(batch: Batch, needs_labels: bool) -> _Sample:
    chosen = batch.label >= 0 if needs_labels else torch.ones_like(batch.label, dtype=torch.bool)
    return _Sample(
        tuple(view[chosen].half().cpu() for view in batch.views), batch.label[chosen].cpu()
    )


def _due(moment: Moment, every: int) -> bool:
    done = moment.update + 1
    return done % every == 0 or done == moment.updates
