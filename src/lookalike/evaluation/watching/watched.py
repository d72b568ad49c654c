"""A fixed choice of images that monitors look at again and again."""

import math
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import torch
from jaxtyping import Float16, Float32, Int
from torch import Tensor, nn

from lookalike.data.loading import Loader
from lookalike.data.sources import Source
from lookalike.evaluation.features import embed, frozen
from lookalike.method import Batch
from lookalike.randomness import number
from lookalike.training.monitors import Moment
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Policy

_BYTES = 2**28  # of views a monitor holds at most
_PIECE = 64  # images rendered, and passed through the encoder, at once


class Sample(NamedTuple):
    """Views of some images, rendered once."""

    views: tuple[Float16[Tensor, "n c _ _"], ...]
    label: Int[Tensor, " n"]


class Watched:
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
    def sample(self) -> Sample:
        """At most `limit` images, in an order of their own."""
        parts = list(self._batches())
        views = zip(*(part.views for part in parts), strict=True)
        label = torch.cat([part.label for part in parts])[: self._limit]
        return Sample(tuple(torch.cat(view)[: self._limit] for view in views), label)

    def features(self, encoder: nn.Module) -> list[Float32[Tensor, "n d"]]:
        """Of each view, on the CPU; the encoder is left as it was."""
        views = self.sample.views
        with frozen(encoder):
            return [self._embed(encoder, view) for view in views]

    def _embed(self, encoder: nn.Module, view: Tensor) -> Tensor:
        pieces = torch.split(view, _PIECE)
        return torch.cat([embed(encoder, each.float(), self._runtime).cpu() for each in pieces])

    def _batches(self) -> Iterator[Sample]:
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


def _usable(batch: Batch, needs_labels: bool) -> Sample:
    chosen = batch.label >= 0 if needs_labels else torch.ones_like(batch.label, dtype=torch.bool)
    return Sample(
        tuple(view[chosen].half().cpu() for view in batch.views), batch.label[chosen].cpu()
    )


def due(moment: Moment, every: int) -> bool:
    """Whether it is time for a look: every so many updates, and after the last one."""
    done = moment.update + 1
    return done % every == 0 or done == moment.updates
