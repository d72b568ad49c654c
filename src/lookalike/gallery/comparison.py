"""The evaluations of a run side by side, as the report shows them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.report import SUBJECTS, Report
from lookalike.record import flatten


class Whisker(NamedTuple):
    """A subject's interval and value, in per cent of the scale's length."""

    subject: str
    low: float
    value: float
    high: float


class Row(NamedTuple):
    """One metric: a cell for each subject (None where it was not measured), and the drawing."""

    metric: str
    cells: list[Estimate | None]
    whiskers: list[Whisker]


class Setting(NamedTuple):
    """How something was obtained: one value where all subjects agree, else one for each."""

    name: str
    values: list[str]


class Section(NamedTuple):
    """All about one evaluation."""

    evaluation: str
    rows: list[Row]
    settings: list[Setting]


@dataclass(frozen=True)
class Comparison:
    """The table.

    Args:
        subjects: its columns.
        low, high: ends of the common scale, shares in 0 … 1.
        sections: one for each evaluation.
    """

    subjects: list[str]
    low: float
    high: float
    sections: list[Section]


def compare(reports: Sequence[Report]) -> Comparison:
    """Puts subjects side by side. Of two reports on the same thing the later one counts."""
    subjects = [s for s in SUBJECTS if any(r.subject == s for r in reports)]
    low, high = _scale(e for r in reports for e in r.metrics.values() if e.percent)
    sections = []
    for name in dict.fromkeys(r.evaluation for r in reports):
        own = {r.subject: r for r in reports if r.evaluation == name and r.subject in subjects}
        metrics = dict.fromkeys(metric for r in own.values() for metric in r.metrics)
        rows = [_row(metric, own, subjects, low, high) for metric in metrics]
        sections.append(Section(name, rows, _settings(own, subjects)))
    return Comparison(subjects, low, high, sections)


def shown(value: float, estimate: Estimate) -> str:
    """The estimate's value or an end of its interval: in per cent, or as it is."""
    return f"{100 * value:.1f}" if estimate.percent else f"{value:.4g}"


def words(value: Any) -> str:
    """A setting's value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(words(item) for item in value)
    return "none" if value is None else str(value)


def _row(
    metric: str, reports: dict[str, Report], subjects: list[str], low: float, high: float
) -> Row:
    cells = [reports[s].metrics.get(metric) if s in reports else None for s in subjects]
    whiskers = [
        Whisker(s, *(round(100 * (x - low) / (high - low), 2) for x in (e.low, e.value, e.high)))
        for s, e in zip(subjects, cells, strict=True)
        if e and e.percent
    ]
    return Row(metric, cells, whiskers)


def _scale(estimates: Iterable[Estimate]) -> tuple[float, float]:
    """Whole tenths around all intervals."""
    ends = [end for e in estimates for end in (e.low, e.high)] or [0.0, 1.0]
    low = math.floor(round(10 * min(ends), 6)) / 10
    return low, max(math.ceil(round(10 * max(ends), 6)) / 10, low + 0.1)


def _settings(reports: dict[str, Report], subjects: list[str]) -> list[Setting]:
    found: dict[str, dict[str, str]] = {}
    for subject, report in reports.items():
        numbers = {
            "images to train on": report.n_train,
            "images to test on": report.n_test,
            "classes": report.classes,
        }
        for name, value in flatten(
            {**numbers, **{k: v for k, v in report.how.items() if k != "bins"}}
        ):
            found.setdefault(name.replace("_", " "), {})[subject] = words(value)
    return [_setting(name, values, subjects) for name, values in found.items()]


def _setting(name: str, values: dict[str, str], subjects: list[str]) -> Setting:
    if len(values) == len(subjects) and len(set(values.values())) == 1:
        return Setting(name, [next(iter(values.values()))])
    return Setting(name, [values.get(subject, "–") for subject in subjects])
