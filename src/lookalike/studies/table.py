"""A study's table in the forms people need: text, Markdown, CSV and LaTeX."""

import csv
import io
import statistics
from collections.abc import Callable, Iterator

from rich.table import Table

from lookalike.studies.claims import Place, judge
from lookalike.studies.results import Results
from lookalike.studies.study import Study

_MARKS = {"holds": "✓ holds", "fails": "✗ fails", "open": "? open"}


def cell(study: Study, results: Results, at: Place) -> str:
    """Mean over seeds ± its spread, and the paper's value in brackets."""
    paper = study.paper.get(at)
    if at not in study.entries:
        return f"({paper})" if at[1] in study.published and paper is not None else ""
    decimals = study.entries[at].measure.decimals
    ours = _ours(results, at, decimals)
    return ours if paper is None else f"{ours} ({paper:.{decimals}f})"


def _ours(results: Results, at: Place, decimals: int) -> str:
    found = [each.value for each in results.values.get(at, ())]
    if not found:
        return "failed" if at in results.failed else "–"
    mean = f"{statistics.mean(found):.{decimals}f}"
    return f"{mean} ±{statistics.stdev(found):.{decimals}f}" if len(found) > 1 else mean


def rows(study: Study, results: Results) -> Iterator[list[str]]:
    """The table with its heads, as text."""
    yield [study.axes[0], *study.columns]
    for row in study.rows:
        yield [row, *(cell(study, results, (row, column)) for column in study.columns)]


def as_text(study: Study, results: Results) -> Table:
    """For a terminal."""
    head, *body = rows(study, results)
    table = Table(title=caption(study, results), caption=legend(study), title_justify="left")
    for name in head:
        table.add_column(name, justify="left" if name == head[0] else "right")
    for line in body:
        table.add_row(*line)
    return table


def as_markdown(study: Study, results: Results) -> str:
    """For a page."""
    head, *body = rows(study, results)
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body))


def as_csv(study: Study, results: Results) -> str:
    """One line for each value: row, column, seed, value, the paper's."""
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\n")
    sheet.writerow([*study.axes, "run", "value", "error", "paper"])
    for at in study.entries:
        for number, each in enumerate(results.values.get(at, ())):
            sheet.writerow([*at, number, each.value, each.error, study.paper.get(at, "")])
    return out.getvalue()


def as_latex(study: Study, results: Results) -> str:
    """A tabular."""
    head, *body = rows(study, results)
    lines = [" & ".join(map(_escaped, line)) + r" \\" for line in (head, *body)]
    inside = "\n".join([lines[0], r"\midrule", *lines[1:]])
    columns = "l" + "r" * (len(head) - 1)
    return f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n{inside}\n\\bottomrule\n\\end{{tabular}}\n"


def _escaped(text: str) -> str:
    changes: dict[str, str | int | None] = {c: f"\\{c}" for c in "&%$#_{}"}
    changes |= {"±": r"$\pm$", "–": "--", "τ": r"$\tau$", "×": r"$\times$", "→": r"$\to$"}
    changes |= {"✓": r"$\checkmark$", "∞": r"$\infty$", "β": r"$\beta$", "α": r"$\alpha$"}
    return text.translate(str.maketrans(changes))


def caption(study: Study, results: Results) -> str:
    """What the table is."""
    return f"{study.title} ({study.source}), {results.scale}: {results.images}"


def legend(study: Study) -> str:
    """How to read it."""
    return f"In brackets: the paper's ({study.setting})." if study.printed else ""


def verdicts(study: Study, results: Results) -> list[str]:
    """A line for each claim."""
    lines = []
    for claim in study.claims:
        verdict = judge(claim, results.values)
        if verdict.confidence is None or verdict.smallest is None:
            lines.append(f"{_MARKS['open']} (values are missing): {claim.words}")
            continue
        sure = f"confidence {verdict.confidence:.1%}, smallest difference {verdict.smallest:+.1f}"
        lines.append(f"{_MARKS[verdict.answer]} ({sure}): {claim.words}")
    return lines


FORMS: dict[str, Callable[[Study, Results], str]] = {
    "md": as_markdown,
    "csv": as_csv,
    "tex": as_latex,
}
"""Ending of a file → what to write into it."""
