"""The page about several runs: one file that needs neither network nor library."""

from pathlib import Path
from typing import NamedTuple

from lookalike.evaluation.comparing.comparison import TIE, Column, Comparison
from lookalike.evaluation.metrics import Estimate
from lookalike.files import write_text
from lookalike.gallery import comparison_tables
from lookalike.gallery.comparison import words
from lookalike.gallery.curves import Axis as Axis
from lookalike.gallery.curves import Tick
from lookalike.gallery.templates import filled


class Bar(NamedTuple):
    """A run's interval and value, in the units of the drawing (0 … 100)."""

    low: float
    value: float
    high: float


class Plot(NamedTuple):
    """What is drawn of one evaluation, all on one scale.

    Args:
        ticks: of the scale.
        bars: by the name of the run.
        baselines: those that lie on the scale: subject → places.
    """

    ticks: list[Tick]
    bars: dict[str, Bar]
    baselines: dict[str, list[float]]


def write_page(comparison: Comparison, path: Path) -> None:
    """Writes the page.

    Raises:
        StorageError: it cannot be written.
    """
    page = filled(
        "comparison_page.html.jinja",
        comparison=comparison,
        plots={column.title: draw(column) for column in comparison.columns},
        show=comparison_tables,
        words=words,
        tie=TIE,
    )
    write_text(path, page)


def draw(column: Column) -> Plot:
    """Places every run's interval on one scale that just holds all of them."""
    estimates = {run: entry.estimate for run, entry in column.entries.items()}
    unit = 100 if next(iter(estimates.values())).percent else 1
    low = min(each.low for each in estimates.values())
    high = max(each.high for each in estimates.values())
    across = Axis(unit * low, unit * high, 3, 97)

    def bar(each: Estimate) -> Bar:
        return Bar(*(across(unit * end) for end in (each.low, each.value, each.high)))

    baselines = {
        subject: [across(unit * each.value) for each in found if low <= each.value <= high]
        for subject, found in column.baselines.items()
    }
    return Plot(across.ticks(8), {run: bar(each) for run, each in estimates.items()}, baselines)
