"""Curves over the updates, drawn as small vector graphics that need no library to be seen."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lookalike.gallery.meanings import MEANINGS, meaning_of

POINTS = 400
"""Points of a curve at most; more rows than that are averaged in groups."""

WIDTH, HEIGHT = 400, 190
LEFT, RIGHT, TOP, BOTTOM = 48, 392, 12, 166
"""The frame of the plot inside WIDTH × HEIGHT, in the units of the drawing."""

_DOTS = 40  # up to so many points are also drawn as dots


class Point(NamedTuple):
    """One row, or the mean and the extremes of a group of rows."""

    update: float
    value: float
    low: float
    high: float


class Tick(NamedTuple):
    """A labelled place on an axis, in the units of the drawing."""

    place: float
    label: str


@dataclass(frozen=True)
class Curve:
    """A drawing, ready for the page.

    Args:
        title: what is drawn.
        about: how to read it, or "".
        unit: " %" or "".
        last: the newest value, for people.
        points: update, value, low and high of each point.
        places: x and y of each point in the drawing.
        band: the outline of the area between the extremes, or "" where no rows were grouped.
        across, up: ticks of the axes.
        dotted: so few points that each is marked.
    """

    title: str
    about: str
    unit: str
    last: str
    points: list[Point]
    places: list[tuple[float, float]]
    band: str
    across: list[Tick]
    up: list[Tick]
    dotted: bool

    @property
    def line(self) -> str:
        """The curve as the `points` of an SVG polyline."""
        return _outline(self.places)


def draw_curves(rows: Sequence[dict[str, float]]) -> list[Curve]:
    """A curve for each number in the rows of `metrics.jsonl`, first those everyone looks at.

    All of them span the same updates.

    Args:
        rows: finite numbers by name, each row with an "update".
    """
    columns: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for key, value in row.items():
            if key not in ("update", "epoch"):
                columns.setdefault(key, []).append((row["update"], value))
    known = list(MEANINGS)
    order = sorted(columns, key=lambda key: known.index(key) if key in known else len(known))
    span = (rows[0]["update"], rows[-1]["update"]) if rows else (0.0, 0.0)
    across = Axis(*span, LEFT, RIGHT)
    return [_draw(key, np.array(columns[key], dtype=float), across) for key in order]


def thin(updates: NDArray[np.float64], values: NDArray[np.float64]) -> list[Point]:
    """At most POINTS points: each the mean of neighbouring rows, with their extremes."""
    groups = min(POINTS, len(values))
    pairs = zip(np.array_split(updates, groups), np.array_split(values, groups), strict=True)
    return [Point(*(float(x) for x in (u.mean(), v.mean(), v.min(), v.max()))) for u, v in pairs]


def tidy(value: float) -> str:
    """A number for people: four digits, thousands apart. `report.js` has its twin."""
    if value < 0:
        return "−" + tidy(-value)
    if value and not 1e-3 <= value < 1e6:
        return re.sub(r"e\+?(-?)0*", r"e\1", f"{value:.2e}")
    if value >= 1000:
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.4g}"


def _draw(key: str, column: NDArray[np.float64], across: "Axis") -> Curve:
    meaning = meaning_of(key)
    updates, values = column[:, 0], column[:, 1] * (100 if meaning.percent else 1)
    points = thin(updates, values)
    up = Axis(float(values.min()), float(values.max()), BOTTOM, TOP)
    grouped = len(points) < len(values)
    return Curve(
        title=meaning.title,
        about=meaning.about,
        unit=" %" if meaning.percent else "",
        last=tidy(float(values[-1])),
        points=[Point(round(p.update, 1), *(float(f"{x:.4g}") for x in p[1:])) for p in points],
        places=[(across(p.update), up(p.value)) for p in points],
        band=_band(points, across, up) if grouped else "",
        across=across.ticks(6),
        up=up.ticks(5),
        dotted=len(points) <= _DOTS,
    )


class Axis:
    """Values between two ends ↔ places in the drawing, with a little air where both ends meet."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        if low == high:
            low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, most: int) -> list[Tick]:
        """At most `most` round numbers, as many as their distances of 1, 2, 5, 10, … allow."""
        size = 10.0 ** math.floor(math.log10((self.high - self.low) / most))
        for step in (m * size for m in (1, 2, 5, 10, 20)):
            first, last = math.ceil(self.low / step), math.floor(self.high / step)
            if last - first < most:
                break
        return [Tick(self(i * step), tidy(i * step)) for i in range(first, last + 1)]


def _band(points: list[Point], across: Axis, up: Axis) -> str:
    high = [(across(p.update), up(p.high)) for p in points]
    low = [(across(p.update), up(p.low)) for p in reversed(points)]
    return _outline(high + low)


def _outline(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)
