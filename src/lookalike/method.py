"""The contract: a Batch goes into a Method, a Step comes out. Read this file first.

Data makes batches, a method turns a batch into a step, training turns steps into an encoder; the
three know only this file, never each other.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from jaxtyping import Float, Int
from torch import Tensor, nn

from lookalike import distributed
from lookalike.nn.encoder import Encoder
from lookalike.views.policy import Policy


class Batch(NamedTuple):
    """n images, each seen in several views."""

    views: tuple[Float[Tensor, "n c _ _"], ...]  # sizes may differ between views
    image: Int[Tensor, " n"]  # which image of the data set
    label: Int[Tensor, " n"]  # -1 where there is none
    key: Int[Tensor, " n"]  # this image's number in this epoch: uniform(batch.key, "mask", 196)


class Step(NamedTuple):
    """What a method makes of a batch."""

    loss: Float[Tensor, ""]  # this process's share of the mean over all images of all processes
    features: Float[Tensor, "n d"]  # of the first view, detached, for whoever watches
    numbers: dict[str, Tensor]  # anything worth a curve


Embedded = dict[str, Tensor]
"""What `embed` knows of n images: every tensor is [n, …], images first, so that the tensors of
several pieces of a batch can be concatenated. It must hold "features" [n, d] of the first view."""


class Method(nn.Module, ABC):
    """A paper: an encoder, heads and a loss.

    `forward(batch)` is `compare(embed(batch), batch)`. The two halves exist so that any batch can be
    embedded piece by piece on a small machine and still be compared as a whole
    (`lookalike.training.large_batch`).
    """

    encoder: Encoder
    """What remains when training is over."""

    views: ClassVar[tuple[Policy, ...]]
    """The views the paper trains on; a recipe may change them."""

    @abstractmethod
    def embed(self, batch: Batch) -> Embedded:
        """Work on each image by itself. Changes no state but batch-norm statistics."""

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        """Work across images. It runs once per batch, so queues and centres change here.

        The default serves methods whose loss is an average over images: `embed` returns each
        image's loss [n] under "loss".
        """
        total = distributed.total_rows(batch.image)
        return Step(embedded["loss"].sum() / total, embedded["features"].detach(), {})

    def forward(self, batch: Batch) -> Step:
        """The whole batch at once."""
        return self.compare(self.embed(batch), batch)

    def after_update(self, progress: float) -> None:
        """Called after each update of the weights.

        Args:
            progress: number of this update, from 0, divided by the number of updates in all.
        """
