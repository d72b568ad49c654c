"""The contract: a Batch goes into a Method, a Step comes out. Read this file first.

Data makes batches, a method turns a batch into a step, training turns steps into an encoder; the
three know only this file, never each other.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal, NamedTuple

from jaxtyping import Float, Int
from torch import Tensor, nn

from lookalike import distributed
from lookalike.losses.agreement import spread
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
several pieces of a batch can be concatenated. It must hold "features" [n, d] of the first view, and
may hold "z", the projections [n, …, d], whose spread tells a collapse."""


class Method(nn.Module, ABC):
    """A paper: an encoder, heads and a loss.

    `forward(batch)` is `compare(embed(batch), batch)`. The two halves exist so that any batch can be
    embedded piece by piece on a small machine and still be compared as a whole
    (`lookalike.training.large_batch`).
    """

    encoder: Encoder
    """What is trained."""

    views: ClassVar[tuple[Policy, ...]]
    """The views the paper trains on; a recipe may change them, and their number as said below."""

    many_views: ClassVar[bool] = False
    """Whether it takes other numbers of views than the paper's."""

    rates: Mapping[str, float] = MappingProxyType({})
    """Parts whose rate is this many times that of the others."""

    labels: ClassVar[Literal["unused", "some", "all"]] = "unused"
    """Which images must have one. A method that uses them takes their number of classes after the
    encoder."""

    @abstractmethod
    def embed(self, batch: Batch) -> Embedded:
        """Work on each image by itself. Changes no state but batch-norm statistics."""

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        """Work across images. It runs once per batch, so queues and centres change here.

        The default serves methods whose loss is an average over images: `embed` returns each
        image's loss [n] under "loss". Whatever else it says of each image becomes a number, too.
        """
        total = distributed.total_rows(batch.image)
        each = {name: rows for name, rows in embedded.items() if rows.ndim == 1 and name != "loss"}
        numbers = {name: rows.detach().float().nanmean() for name, rows in each.items()}
        if "z" in embedded:
            numbers["projection_spread"] = spread(embedded["z"])
        return Step(embedded["loss"].sum() / total, embedded["features"].detach(), numbers)

    @property
    def kept(self) -> Encoder:
        """What is watched while training, and remains when it is over."""
        return self.encoder

    @property
    def averages(self) -> bool:
        """Whether the loss is an average over images, whose parts need no comparison."""
        return type(self).compare is Method.compare

    def forward(self, batch: Batch) -> Step:
        """The whole batch at once."""
        return self.compare(self.embed(batch), batch)

    def after_update(self, progress: float) -> None:
        """Called after each update of the weights.

        Args:
            progress: number of this update, from 0, divided by the number of updates in all.
        """

    def remarks(self) -> list[str]:
        """Sentences on settings that are allowed, and known to teach nothing."""
        return []

    def reconstruct(self, batch: Batch) -> dict[str, tuple[Tensor, ...]]:
        """Pictures of what it sees of the first views and what it makes of them, by their captions.

        Those of a caption stand side by side, each [n, c, h, w] and normalised as the views are. What
        follows a comma in a caption is said below them. Most methods rebuild nothing.
        """
        del batch
        return {}
