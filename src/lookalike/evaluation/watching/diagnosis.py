"""What is wrong with a training that learns nothing, told from the means of its epochs."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lookalike.evaluation.unlabelled.spectrum import health

Means = dict[str, float]
"""An epoch's mean of each number; "images", those of a batch; "updates", done so far; and "share",
how much of the whole run they are."""

NARROW = 0.15
"""Projections of less spread (see `losses.agreement.spread`) are about to be all the same. Healthy
ones lie above 0.5; those of SupCon's head without batch norm begin at 0.2."""

UNDECIDED = 0.002
"""Nats below ln(images) at which a softmax over all images is as good as even."""

SAME = 1e-4
"""Mean difference of two views at which they are the same picture, and contrast of a blank one."""

TURNED = 0.1
"""Share of the weights' length that an update changes. Healthy ones stay below 0.03, also while a
small network begins; at a hundred times the rate of a recipe it is 0.3 to 0.9."""

FLAT = 1e-3
"""Share of the first epoch's loss within which a later one is the same."""

SHARE, LEAST = 1 / 3, 200
"""Progress is asked for after this share of a run, if that is so many updates: before, a decoder may
still be learning the mean image."""


MACHINE = {"waiting for data", "memory", "memory grows"}
"""Kinds that speak of the machine and not against what is learned."""


class Finding(NamedTuple):
    """Args:
    kind: told once each.
    text: what is wrong and what to change, in a sentence or two, without a full stop.
    """

    kind: str
    text: str


def diagnose(epochs: Sequence[Means]) -> list[Finding]:
    """What speaks against a training so far; most often nothing.

    Args:
        epochs: the means of each epoch, in their order.
    """
    found = {kind: check(epochs) for kind, check in _CHECKS.items()}
    return [Finding(kind, text) for kind, text in found.items() if text]


def means(rows: Sequence[Means]) -> Means:
    """The mean of each number over the rows that have it."""
    found = defaultdict(list)
    for row in rows:
        for name, value in row.items():
            found[name].append(value)
    return {name: sum(each) / len(each) for name, each in found.items()}


def _blank(epochs: Sequence[Means]) -> str | None:
    if epochs[-1].get("contrast", 1.0) >= SAME:
        return None
    return (
        "the pictures are blank: most are of one colour, so there is nothing to see. Look at "
        "views.png and at the images"
    )


def _same_views(epochs: Sequence[Means]) -> str | None:
    now = epochs[-1]
    if now.get("view_difference", 1.0) >= SAME or _blank(epochs):
        return None
    return (
        "the views of an image are all the same, so there is nothing to learn: give the policy a "
        "crop or another change"
    )


def _no_loss(epochs: Sequence[Means]) -> str | None:
    if epochs[-1].get("loss", 1.0) != 0.0:
        return None
    return (
        "the loss is exactly 0, so there is nothing to learn: with a mask, raise method.mask_ratio; "
        "otherwise the images or their views are all the same"
    )


def _collapse(epochs: Sequence[Means]) -> str | None:
    if len(epochs) < 2:
        return None
    before, spread = (each.get("projection_spread", 1.0) for each in epochs[-2:])
    if spread >= NARROW or spread > before:
        return None
    return (
        f"collapse: the projections of all images become the same (spread {spread:.2f}, "
        f"{before:.2f} the epoch before; healthy above 0.5), which needs no look at them. Give the "
        "method its predictor, stopped gradient or slow target back if it has none; otherwise lower "
        "the rate to a third and lengthen the warm-up"
    )


def _even(epochs: Sequence[Means]) -> str | None:
    now = epochs[-1]
    entropy = now.get("entropy", 0.0)
    if len(epochs) < 2 or math.log(now.get("images", 2.0)) - entropy >= UNDECIDED:
        return None
    return (
        "the loss cannot tell images apart: its softmax is even over all of them. The temperature "
        "is too high; 0.1 to 1 is usual"
    )


def _thrown_about(epochs: Sequence[Means]) -> str | None:
    now = epochs[-1]
    change = now.get("weight_change", 0.0)
    if change <= TURNED:
        return None
    return (
        f"the rate is too high: at {now.get('rate', 0.0):.2g} an update changes the weights by "
        f"{change:.0%} of their length, where less than 3 % is healthy. Lower rate to a tenth, or "
        "lengthen warmup"
    )


def _no_gain(epochs: Sequence[Means]) -> str | None:
    now, untrained = epochs[-1], _newest(epochs, "knn_untrained")
    if not _ripe(now) or untrained is None or now.get("knn", 1.0) > untrained:
        return None
    return (
        f"no progress: neighbours are right for {now['knn']:.1%} of the images after "
        f"{now['share']:.0%} of the training, and for {untrained:.1%} with the untrained encoder. "
        "Look at views.png: what do the two views of an image have in common that others do not "
        "have? Then try a third of the rate, and three times it"
    )


def _flat(epochs: Sequence[Means]) -> str | None:
    now, first = epochs[-1], epochs[0].get("loss", 0.0)
    if not _ripe(now) or not first or abs(now["loss"] - first) > FLAT * abs(first):
        return None
    return (
        f"no progress: after {now['share']:.0%} of the training the loss is where it was in the "
        f"first epoch ({now['loss']:.4g}). Raise the rate tenfold; for a loss with a temperature, "
        "lower that"
    )


def _narrow_features(epochs: Sequence[Means]) -> str | None:
    now = epochs[-1]
    if not _ripe(now) or not {"spread", "effective_rank", "rank_share"} <= now.keys():
        return None
    words = health(now)
    return None if words.startswith("healthy") else f"{words}. Lower the rate to a third"


def _ripe(now: Means) -> bool:
    return now.get("share", 0.0) > SHARE and now.get("updates", 0.0) >= LEAST


def _newest(epochs: Sequence[Means], name: str) -> float | None:
    return next((each[name] for each in reversed(epochs) if name in each), None)


_CHECKS: dict[str, Callable[[Sequence[Means]], str | None]] = {
    "blank images": _blank,
    "same views": _same_views,
    "no loss": _no_loss,
    "collapse": _collapse,
    "temperature": _even,
    "rate": _thrown_about,
    "no gain": _no_gain,
    "flat loss": _flat,
    "narrow features": _narrow_features,
}
