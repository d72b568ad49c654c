"""Reliability diagrams: how often a probe is right, over how sure it is."""

from collections.abc import Sequence
from typing import NamedTuple

from lookalike.evaluation.report import Report

SIDE = 200
"""Of a drawing, in its own units; confidence goes right and accuracy up, both from 0 to 1."""

_WIDEST = 9.0  # radius of the bin that holds all images


class Dot(NamedTuple):
    """A bin: its place in the drawing, and a radius whose square goes with its images."""

    x: float
    y: float
    radius: float
    words: str


class Diagram(NamedTuple):
    """One subject's probe."""

    subject: str
    error: str  # its ECE
    dots: list[Dot]


def diagrams(reports: Sequence[Report]) -> list[Diagram]:
    """One for each subject whose calibration was evaluated; the last evaluation counts."""
    found = {r.subject: r for r in reports if r.evaluation == "calibration" and "bins" in r.how}
    return [
        Diagram(
            name, str(report.metrics["ECE"]), [_dot(each, report) for each in report.how["bins"]]
        )
        for name, report in found.items()
    ]


def _dot(part: dict[str, float], report: Report) -> Dot:
    sure, right, count = part["confidence"], part["accuracy"], int(part["count"])
    words = f"{count:,} images {100 * sure:.0f} % sure, {100 * right:.0f} % of them right"
    radius = max(1.5, _WIDEST * (count / report.n_test) ** 0.5)
    return Dot(round(SIDE * sure, 1), round(SIDE * (1 - right), 1), round(radius, 1), words)
