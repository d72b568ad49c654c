"""MoCo v2: Momentum Contrast (He et al. 2020), with the improvements of Chen et al. 2020."""

from typing import Literal

import torch

from lookalike.distributed import first_row, gather
from lookalike.losses.agreement import contrastive_accuracy, spread
from lookalike.losses.inputs import unit
from lookalike.losses.keys import info_nce_with_queue
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import mlp
from lookalike.nn.queue import Queue
from lookalike.nn.target import Target
from lookalike.views.presets import POLICIES


class MoCo(Method):
    """A view should agree with a slow copy's key of the other, and differ from a queue of old keys.

    The official code shuffles images among processes, lest batch norm tell which of them lie on the
    same one. There is nothing to tell where its statistics are those of all processes, as they are
    unless a recipe changes them.

    Args:
        encoder: the first part of f_q.
        projector: the second part: one hidden layer as wide as the features, without batch norm, or
            linear, as in the first version.
        outputs: width of queries and keys.
        queue: K, how many keys of past batches are negatives.
        temperature: τ; 0.07 in the first version.
        target_decay: m, of the slow copy that makes the keys.
    """

    views = POLICIES["moco"]

    def __init__(
        self,
        encoder: Encoder,
        *,
        projector: Literal["linear", "nonlinear"] = "nonlinear",
        outputs: int = 128,
        queue: int = 65_536,
        temperature: float = 0.2,
        target_decay: float = 0.999,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        d = encoder.features
        self.projector = mlp(d, *((d,) if projector == "nonlinear" else ()), outputs, norm=False)
        self.target = Target(self.encoder, self.projector)
        self.queue = Queue(unit(torch.randn(queue, outputs)))
        self.temperature, self.target_decay = temperature, target_decay

    def embed(self, batch: Batch) -> Embedded:
        y = self.encoder(batch.views[0])
        query, key = self.projector(y), self.target(batch.views[1])
        return {"features": y.detach(), "query": query, "key": key}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        query, queue = embedded["query"], self.queue.rows
        keys = gather(unit(embedded["key"].detach().to(queue.dtype)))
        start = first_row(batch.image)
        own = keys[start : start + len(query)]
        losses = info_nce_with_queue(query, own, queue, self.temperature)
        numbers = {
            "projection_spread": spread(query),
            "contrastive_accuracy": contrastive_accuracy(query, torch.cat((keys, queue)), start),
        }
        if self.training:
            self.queue.push(keys)
        return Step(losses.sum() / len(keys), embedded["features"], numbers)

    def after_update(self, progress: float) -> None:
        del progress
        # The official code does this before it makes the next keys, which is the same moment.
        self.target.follow(self.encoder, self.projector, decay=self.target_decay)
