"""Runs side by side in the terminal."""

from collections.abc import Iterator

from rich.table import Table

from lookalike.evaluation.comparing.comparison import TIE, Comparison, Entry
from lookalike.evaluation.metrics import Estimate
from lookalike.gallery.comparison import words

MISSING = "–"


def tables(comparison: Comparison) -> list[Table]:
    """The numbers, the paired tests and the settings that differ; those that have any rows."""
    found = [_numbers(comparison), _tests(comparison), _settings(comparison)]
    return [table for table in found if table.row_count]


def remarks(comparison: Comparison) -> list[str]:
    """Why runs are not paired, and what could not be read."""
    runs: dict[tuple[str, str], list[str]] = {}
    for column in comparison.columns:
        for run, entry in column.entries.items():
            if entry.why:
                runs.setdefault((column.title, entry.why), []).append(run)
    whys = [
        f"{title}: {', '.join(names)} not compared with the best: {why}."
        for (title, why), names in runs.items()
    ]
    return whys + comparison.notes


def baselines(comparison: Comparison) -> Iterator[tuple[str, list[str]]]:
    """Those that were measured."""
    for subject in dict.fromkeys(
        name for column in comparison.columns for name in column.baselines
    ):
        cells = [several(column.baselines[subject]) or MISSING for column in comparison.columns]
        if any(cell != MISSING for cell in cells):
            yield subject, cells


def several(estimates: list[Estimate]) -> str:
    """A baseline that all runs share, or the lowest and the highest."""
    return " … ".join(str(each) for each in dict.fromkeys([*estimates[:1], *estimates[-1:]]))


def gain(entry: Entry) -> str:
    """A difference with its interval, in points."""
    if entry.difference is None:
        return MISSING
    found = entry.difference.estimate
    value, low, high = (signed(end) for end in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})"


def signed(share: float) -> str:
    """A difference in points with its sign."""
    return f"{100 * share:+.1f}".replace("-", "−")


def probability(p: float) -> str:
    """Two digits where they matter."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def number(value: float | None, digits: int) -> str:
    """A number, or a dash where it is unknown."""
    return MISSING if value is None else f"{value:.{digits}f}"


def _numbers(comparison: Comparison) -> Table:
    titles = [column.title for column in comparison.columns]
    table = _table("run", *titles, "epochs", "minutes")
    for run in comparison.runs:
        entries = (column.entries.get(run.name) for column in comparison.columns)
        cells = [str(entry.estimate) if entry else MISSING for entry in entries]
        table.add_row(run.name, *cells, number(run.epochs, 0), number(run.minutes, 1))
    for group in comparison.seeds:
        means = [group.means.get(title) for title in titles]
        name = f"mean of {', '.join(group.runs)}, ± standard error over seeds"
        table.add_row(name, *(str(mean) if mean else MISSING for mean in means))
    for subject, cells in baselines(comparison):
        table.add_row(subject, *cells, style="dim")
    return table


def _tests(comparison: Comparison) -> Table:
    table = _table("evaluation", "run", "minus", "points (95 % interval)", "p", "", left=3)
    table.title = f"Differences from the best on the same test images; a tie where p > {TIE}"
    for column in comparison.columns:
        for run, entry in column.entries.items():
            if entry.difference:
                p = probability(entry.difference.p)
                table.add_row(column.title, run, entry.against, gain(entry), p, entry.verdict)
    return table


def _settings(comparison: Comparison) -> Table:
    names = [run.name for run in comparison.runs]
    table = _table("setting", *names)
    table.title = "What differs in the recipes"
    for key, values in comparison.settings.items():
        table.add_row(key, *(words(values[run]) if run in values else MISSING for run in names))
    return table


def _table(*heads: str, left: int = 1) -> Table:
    """An empty table whose first columns hold words and the others numbers."""
    table = Table(title_style="", title_justify="left")
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place < left else "right", overflow="fold")
    return table
