"""A study's figure in the form its paper has it."""

import statistics
import textwrap
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from lookalike import files
from lookalike.studies.claims import Place
from lookalike.studies.results import Results
from lookalike.studies.study import Study

_COLOURS = ("#3b6fb6", "#d1622b", "#3c8d5a", "#8a5fb0", "#b0893b", "#5b6470", "#c2457a", "#2f9aa8")


def write_figure(study: Study, results: Results, path: Path) -> None:
    """Draws ours beside the paper's values.

    Args:
        study: at one scale.
        results: its values.
        path: ends in .png, .svg or .pdf.

    Raises:
        StorageError: it cannot be written.
    """
    draw = {"squares": _squares, "lines": _lines, "bars": _bars}[study.form]
    with matplotlib.rc_context({"svg.hashsalt": "lookalike", "font.size": 9}):
        figure = draw(study, results)
        figure.suptitle(f"{study.title} ({study.source})", fontsize=10)
        with files.replacing(path) as file:
            figure.savefig(file, format=path.suffix[1:], dpi=150, metadata=_nameless(path))


def _nameless(path: Path) -> dict[str, Any]:
    """Without a date the same values make the same file."""
    return {"Date": None} if path.suffix == ".svg" else {}


def _mean(results: Results, at: Place) -> float:
    found = [each.value for each in results.values.get(at, ())]
    return statistics.mean(found) if found else float("nan")


def _spread(results: Results, at: Place) -> float:
    found = [each.value for each in results.values.get(at, ())]
    return statistics.stdev(found) if len(found) > 1 else 0.0


def _squares(study: Study, results: Results) -> Figure:
    """Ours and the paper's table as coloured squares, with the means of the rows."""
    ours = {at: _mean(results, at) for at in study.entries}
    tables = [(f"here: {results.images}", ours)]
    if study.printed:
        tables.append((f"paper: {study.setting}", study.printed))
    size = 0.62 * (len(study.columns) + 1) + 1.6
    figure = Figure((size * len(tables), 0.5 * len(study.rows) + 1.9), layout="constrained")
    for place, (name, values) in zip(
        figure.subplots(1, len(tables), squeeze=False)[0], tables, strict=True
    ):
        _square(place, name, study, values)
    return figure


def _square(axes: Any, name: str, study: Study, values: dict[Place, float]) -> None:
    nothing = float("nan")
    table = [[values.get((row, column), nothing) for column in study.columns] for row in study.rows]
    table = [
        [
            *line,
            statistics.fmean(x for x in line if x == x) if any(x == x for x in line) else nothing,
        ]
        for line in table
    ]
    axes.imshow(table, cmap="viridis", aspect="auto")
    known = [x for line in table for x in line if x == x]
    bright = (max(known) + min(known)) / 2 if known else 0.0
    for i, line in enumerate(table):
        for j, x in enumerate(line):
            if x == x:
                axes.text(
                    j,
                    i,
                    f"{x:.1f}",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="black" if x > bright else "white",
                )
    axes.set_xticks(
        range(len(study.columns) + 1), [*study.columns, "mean"], rotation=45, ha="right"
    )
    axes.set_yticks(range(len(study.rows)), study.rows)
    axes.set_ylabel(study.axes[0])
    axes.set_xlabel(study.axes[1])
    axes.set_title(textwrap.fill(name, 32), fontsize=9)


def _lines(study: Study, results: Results) -> Figure:
    """One line for each row over the columns; the paper's dashed on an axis of its own."""
    figure = Figure((6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    steps = range(len(study.columns))
    printed = study.printed
    right = axes.twinx() if printed else None
    for row, colour in zip(study.rows, _COLOURS * len(study.rows), strict=False):
        places = [(row, column) for column in study.columns]
        axes.errorbar(
            steps,
            [_mean(results, at) for at in places],
            [_spread(results, at) for at in places],
            marker="o", capsize=2, color=colour, label=row,
        )  # fmt: skip
        if right is not None:
            paper = [printed.get(at, float("nan")) for at in places]
            right.plot(steps, paper, "--", marker=".", color=colour, alpha=0.6)
    axes.set_xticks(steps, study.columns)
    axes.set_xlabel(study.axes[1])
    axes.set_ylabel(f"here ({results.images})")
    if right is not None:
        right.set_ylabel(f"paper, dashed ({study.setting})")
    if len(study.rows) > 1:
        axes.legend(title=study.axes[0], fontsize=8)
    axes.grid(alpha=0.3)
    return figure


def _bars(study: Study, results: Results) -> Figure:
    """A group of bars for each row, the paper's values as short lines beside."""
    tables = 2 if study.printed else 1
    bars = len(study.rows) * len(study.columns)
    width = max(5.0, (0.5 * len(study.rows) + 0.12 * bars) * tables + 3)
    figure = Figure((width, 3.8), layout="constrained")
    places = figure.subplots(1, tables, squeeze=False)[0]
    ours = {at: _mean(results, at) for at in study.entries}
    errors = {at: _spread(results, at) for at in study.entries}
    _group(places[0], f"here: {results.images}", study, ours, errors)
    if study.printed:
        _group(places[1], f"paper: {study.setting}", study, study.printed, {})
    if len(study.columns) > 1:
        figure.legend(*places[0].get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return figure


def _group(
    axes: Any, name: str, study: Study, values: dict[Place, float], errors: dict[Place, float]
) -> None:
    width = 0.8 / len(study.columns)
    for j, column in enumerate(study.columns):
        heights = [values.get((row, column), float("nan")) for row in study.rows]
        spread = [errors.get((row, column), 0.0) for row in study.rows]
        middle = [i + (j - (len(study.columns) - 1) / 2) * width for i in range(len(study.rows))]
        axes.bar(
            middle,
            heights,
            width,
            yerr=spread if errors else None,
            capsize=2,
            color=_COLOURS[j % len(_COLOURS)],
            label=column,
        )
    axes.set_xticks(range(len(study.rows)), study.rows, rotation=30, ha="right")
    axes.set_xlabel(study.axes[0])
    axes.set_title(textwrap.fill(name, 32), fontsize=9)
    axes.grid(axis="y", alpha=0.3)
