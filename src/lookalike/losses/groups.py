"""Which rows are positives of each other: the views of one image, and images of one group."""

from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

Denominator = Literal["all", "one positive", "negatives"]


class Rows(NamedTuple):
    """Projections of some views, and which of all rows each is: views · place of image + view."""

    z: Float[Tensor, "r d"]
    number: Int[Tensor, " r"]


class Groups:
    """Which of m images belong together; an image's place is its index when sorted by group.

    Args:
        group: of each image; -1 is a group of its own.
        views: how many each image has.
        cap: at most so many positives from other images, a multiple of `views`; the first images
            of a group are kept. None keeps all.
    """

    def __init__(self, group: Int[Tensor, " m"], views: int, cap: int | None) -> None:
        index = torch.arange(len(group), device=group.device)
        group = torch.where(group == -1, group.max() + 1 + index, group)
        ordered, order = group.sort(stable=True)
        self.views, self.place = views, order.argsort()
        _, self.group, sizes = ordered.unique(return_inverse=True, return_counts=True)
        most = len(group) if cap is None else cap // views
        self.rank = index - torch.searchsorted(ordered, ordered)  # images before it in its group
        self.bound = most + (self.rank < most)  # one's own rank does not count against the cap
        self.positives = views - 1 + views * (sizes[self.group] - 1).clamp(max=most)

    def rows(self, z: Float[Tensor, "n v d"], start: int = 0) -> Rows:
        """The views of n images, of which the first has index `start` among all, sorted by group."""
        place, order = self.place[start : start + len(z)].sort()
        view = torch.arange(z.shape[1], device=z.device)
        return Rows(z[order].flatten(0, 1), (self.views * place[:, None] + view).flatten())

    def of(self, rows: Rows, table: Shaped[Tensor, " m"] | None = None) -> Shaped[Tensor, " r"]:
        """What a table of images, by default that of their groups, says for each row."""
        return (self.group if table is None else table)[rows.number // self.views]

    def alone(self, denominator: Denominator) -> Bool[Tensor, " m"]:
        """Whether an image has no positive, or nothing in its denominator."""
        no_negatives = denominator == "negatives" and bool(self.group[-1] == 0)
        alone: Tensor = (self.positives == 0) | no_negatives
        return alone

    def positive(self, anchors: Int[Tensor, " r"], keys: Int[Tensor, " s"]) -> Bool[Tensor, "r s"]:
        """Whether a key is one of the anchor's positives, of rows by their numbers."""
        i, j = (anchors // self.views)[:, None], keys // self.views
        related = (self.group[i] == self.group[j]) & (anchors[:, None] != keys)
        positive: Tensor = related & ((self.rank[j] < self.bound[i]) | (i == j))
        return positive
