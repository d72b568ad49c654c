"""A loss that runs away. Spikes are none."""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from statistics import median

from lookalike.evaluation.watching.diagnosis import Finding
from lookalike.training.monitors import Moment

UPDATES = 10
"""The median over so many updates counts: up to 4 spikes among them do not move it."""

RISE = 0.5
"""Above the first median, as a share of it, or in the loss's own unit if that is more."""

LOST = 0.75
"""Share of what the loss had fallen, lost again."""

FALL = 0.1, 0.3
"""What it must have fallen to lose it, as a share of the first median and in its own unit."""


class Divergence:
    """Finds a loss far above its first level, or one that has lost what it had gained.

    Args:
        history: losses of the updates before.
    """

    def __init__(self, history: Iterable[float] = ()) -> None:
        self._losses: deque[float] = deque(maxlen=UPDATES)
        self._first: float | None = None  # the first median
        self._lowest = math.inf
        for loss in history:
            self._level(loss)

    def see(self, moment: Moment, numbers: Mapping[str, float]) -> Finding | None:
        """After one more update, whose "loss" is among the numbers."""
        level = self._level(numbers["loss"])
        if self._first is None or level <= self._bound(self._first):
            return None
        return Finding(
            "divergence",
            f"the loss runs away: {level:.4g} (median of {UPDATES} updates) after {self._lowest:.4g} "
            f"at best, at a rate of {moment.rate:.2g}. Lower rate to a third, lengthen warmup, "
            "or set clip=1.0",
        )

    def _level(self, loss: float) -> float:
        """The median of the last losses with this one."""
        self._losses.append(loss)
        level = median(self._losses)
        if len(self._losses) == UPDATES:
            self._first = level if self._first is None else self._first
            self._lowest = min(self._lowest, level)
        return level

    def _bound(self, first: float) -> float:
        size, fall = abs(first), first - self._lowest
        above = first + max(RISE * size, RISE)
        return (
            min(above, self._lowest + LOST * fall) if fall > max(FALL[0] * size, FALL[1]) else above
        )
