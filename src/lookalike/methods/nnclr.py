"""NNCLR: With a Little Help from My Friends (Dwibedi et al. 2021)."""

import torch
from torch import Tensor

from lookalike.distributed import first_row, gather
from lookalike.losses.agreement import spread
from lookalike.losses.inputs import unit
from lookalike.losses.keys import info_nce_in_batch, nearest
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import mlp
from lookalike.nn.queue import Queue
from lookalike.views.presets import POLICIES


class NNCLR(Method):
    """A view should agree with the nearest neighbour of the other view among past images.

    Args:
        encoder: the first part of f.
        hidden: width of the two hidden layers of the projector, the second part of f.
        outputs: d, width of projection and prediction.
        predictor_hidden: width of the hidden layer of g.
        queue: size of the support set Q, in which neighbours are sought.
        temperature: τ of the softmax over the predictions of the batch.
    """

    views = POLICIES["nnclr"]

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden: int = 2048,
        outputs: int = 256,
        predictor_hidden: int = 4096,
        queue: int = 98_304,
        temperature: float = 0.1,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.features, hidden, hidden, outputs, last="norm")
        self.predictor = mlp(outputs, predictor_hidden, outputs)
        self.support = Queue(unit(torch.randn(queue, outputs)))
        self.support_label = Queue(torch.full((queue,), -1))
        self.temperature = temperature

    def embed(self, batch: Batch) -> Embedded:
        y1, y2 = (self.encoder(view) for view in batch.views)
        z1, z2 = self.projector(y1), self.projector(y2)
        p = torch.stack((self.predictor(z1), self.predictor(z2)), 1)
        return {"features": y1.detach(), "z": torch.stack((z1, z2), 1).detach(), "p": p}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        z1, z2 = unit(embedded["z"].detach().to(self.support.rows.dtype)).unbind(1)
        p1, p2 = gather(embedded["p"]).unbind(1)
        start = first_row(batch.image)
        near1, near2 = nearest(z1, self.support.rows), nearest(z2, self.support.rows)
        one = info_nce_in_batch(self.support.rows[near1], p2, self.temperature, start)
        other = info_nce_in_batch(self.support.rows[near2], p1, self.temperature, start)
        numbers = {
            "projection_spread": spread(z1),
            "same_class_neighbours": _agreeing(batch.label, self.support_label.rows[near1]),
        }
        if self.training:
            self.support.push(gather(z1))
            self.support_label.push(gather(batch.label))
        return Step((one + other).sum() / (2 * len(p1)), embedded["features"], numbers)


def _agreeing(label: Tensor, neighbour: Tensor) -> Tensor:
    """Share of the images with a label whose neighbour has it; nan where no image has one."""
    known = label >= 0
    return (known & (label == neighbour)).sum() / known.sum()
