"""What a paper concludes from a table, as differences that should be above zero, and how sure we are.

A claim is one or more contrasts: sums of the table's means with weights that add up to zero. The error
of a mean has two parts: chance of the run, from the spread between seeds, which is taken to be the same
everywhere in the table and so known from all its cells together; and chance of the test images, from
the interval of each value. All runs of a study see the same test images, which makes the second part
too large rather than too small.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

Place = tuple[str, str]
"""A row and a column of a study's table."""

Contrast = Mapping[Place, float]

SURE = 0.95
"""Confidence from which a claim holds, or fails."""


class Value(NamedTuple):
    """One measured number.

    Args:
        value: of one run.
        error: its standard error by the choice of test images, 0 where there is none.
    """

    value: float
    error: float = 0.0


Values = Mapping[Place, Sequence[Value]]
"""One value for each seed; a place may be empty where runs failed."""


class Claim(NamedTuple):
    """Args:
    words: what is claimed.
    contrasts: all of them should be above `least`.
    least: zero, or less where something is said to be hardly worse.
    """

    words: str
    contrasts: tuple[Contrast, ...]
    least: float = 0.0


class Verdict(NamedTuple):
    """Args:
    answer: "holds" or "fails" with at least 95 % confidence, "open" otherwise.
    confidence: that every contrast is above `least`; where it fails, that one of them is below; None
        where values are missing.
    smallest: the smallest contrast, in the units of the table.
    """

    answer: Literal["holds", "fails", "open"]
    confidence: float | None
    smallest: float | None


def above(upper: Place, lower: Place) -> Contrast:
    """The first is better than the second."""
    return {upper: 1.0, lower: -1.0}


def best(winner: Place, others: Iterable[Place]) -> tuple[Contrast, ...]:
    """One is better than each of the others."""
    return tuple(above(winner, other) for other in others if other != winner)


def mean_above(upper: Sequence[Place], lower: Sequence[Place]) -> Contrast:
    """The mean of some is above the mean of others."""
    weights = dict.fromkeys(upper, 1 / len(upper))
    for place in lower:
        weights[place] = weights.get(place, 0.0) - 1 / len(lower)
    return weights


def rising(places: Sequence[Place]) -> Contrast:
    """The slope over places in their order, as the rise from first to last, is above zero."""
    middle = (len(places) - 1) / 2
    size = sum((i - middle) ** 2 for i in range(len(places))) / (len(places) - 1)
    return {place: (i - middle) / size for i, place in enumerate(places)}


def judge(claim: Claim, values: Values) -> Verdict:
    """Whether a claim holds for the values measured."""
    there = all(values.get(place) for contrast in claim.contrasts for place in contrast)
    if not (claim.contrasts and there):
        return Verdict("open", None, None)
    seeds, freedom = _between_seeds(values.values())
    sizes = [_size(contrast, values) for contrast in claim.contrasts]
    sure = [
        _sureness(size - claim.least, _error(contrast, values, seeds), freedom)
        for contrast, size in zip(claim.contrasts, sizes, strict=True)
    ]
    holds = max(0.0, 1 - sum(1 - each for each in sure))  # Bonferroni: all of them together
    fails = 1 - min(1.0, min(sure) * len(sure))
    if holds >= SURE:
        return Verdict("holds", holds, min(sizes))
    if fails >= SURE:
        return Verdict("fails", fails, min(sizes))
    return Verdict("open", holds, min(sizes))


def _between_seeds(cells: Iterable[Sequence[Value]]) -> tuple[float, int]:
    """Variance of a run by its seed, pooled over all cells, and its degrees of freedom."""
    total, freedom = 0.0, 0
    for cell in cells:
        if len(cell) > 1:
            mean = sum(each.value for each in cell) / len(cell)
            total += sum((each.value - mean) ** 2 for each in cell)
            freedom += len(cell) - 1
    return (total / freedom if freedom else 0.0), freedom


def _size(contrast: Contrast, values: Values) -> float:
    return sum(
        weight * sum(each.value for each in values[place]) / len(values[place])
        for place, weight in contrast.items()
    )


def _error(contrast: Contrast, values: Values, seeds: float) -> float:
    """Standard error of a contrast: all seeds share the test images, so only their part shrinks."""
    parts = (
        weight**2 * (seeds / len(values[place]) + max(each.error for each in values[place]) ** 2)
        for place, weight in contrast.items()
    )
    return math.sqrt(sum(parts))


def _sureness(size: float, error: float, freedom: int) -> float:
    """Probability that the truth is above zero, one-sided."""
    from scipy import stats  # late: lists of studies should not wait for it

    if error == 0:
        return float(size > 0)
    chance = stats.t(freedom) if freedom else stats.norm()
    return float(chance.cdf(size / error))
