"""An alarm for training that learns nothing: collapse, identical views, a loss that cannot tell."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

from lookalike.method import Batch
from lookalike.training.monitors import Moment

Means = dict[str, float]
"""An epoch's mean of each number, and "images", those of a batch."""

_NARROW = 0.15
"""Projections of less spread (see `losses.agreement.spread`) are about to be all the same. Healthy
ones lie above 0.5; those of SupCon's head without batch norm begin at 0.2."""

_UNDECIDED = 0.002
"""Nats below ln(images) at which a softmax over all images is as good as even."""

_SAME = 1e-4
"""Mean difference of two views at which they are the same picture."""


class Alarm:
    """Tells, once, what `diagnose` finds after each epoch, and at the first update.

    Args:
        tell: takes the sentence.
        updates_per_epoch: an epoch's length.
    """

    def __init__(self, tell: Callable[[str], None], *, updates_per_epoch: int) -> None:
        self._tell, self._length = tell, updates_per_epoch
        self._told: set[str] = set()
        self._rows: list[Means] = []
        self._epochs: list[Means] = []

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        own = {}
        if not self._rows:
            difference = view_difference(moment.batch)
            own = {} if difference is None else {"view_difference": difference}
        self._rows.append(numbers | own)
        if (moment.update + 1) % self._length == 0:
            self._epochs.append(means(self._rows, moment.images))
            self._rows = []
            self._warn(diagnose(self._epochs))
        elif own and not self._epochs:
            self._warn(diagnose([own]))
        return own

    def _warn(self, found: str | None) -> None:
        if found and found not in self._told:
            self._told.add(found)
            self._tell(found)


def diagnose(epochs: Sequence[Means]) -> str | None:
    """What is wrong with a training so far, in a sentence; None where nothing is.

    Args:
        epochs: the means of each epoch, in their order.
    """
    now = epochs[-1]
    if now.get("view_difference", 1.0) < _SAME:
        return (
            "the views of an image are all the same, so there is nothing to learn: give the policy "
            "a crop or another change"
        )
    if len(epochs) < 2:
        return None
    spread, before = (each.get("projection_spread", 1.0) for each in (now, epochs[-2]))
    if spread < _NARROW and spread <= before:
        return (
            f"collapse: the projections of all images become the same (spread {spread:.2f}, "
            f"{before:.2f} before), which needs no look at them"
        )
    if math.log(now["images"]) - now.get("entropy", 0.0) < _UNDECIDED:
        return (
            "the loss cannot tell images apart: its softmax is even over all of them. The temperature "
            "is too high"
        )
    return None


def means(rows: Sequence[Means], images: int) -> Means:
    """The mean of each number over the rows that have it."""
    found = defaultdict(list)
    for row in rows:
        for name, value in row.items():
            found[name].append(value)
    return {name: sum(each) / len(each) for name, each in found.items()} | {"images": images}


def view_difference(batch: Batch) -> float | None:
    """Mean absolute difference of an image's first two views; None where they cannot be compared."""
    first, *others = batch.views
    if not others or others[0].shape != first.shape:
        return None
    return float((first - others[0]).abs().mean())
