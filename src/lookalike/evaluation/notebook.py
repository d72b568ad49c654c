"""Tables for notebooks: plain HTML, which takes the notebook's own colours, light or dark."""

from collections.abc import Iterable, Sequence
from html import escape


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A small table: names to the left, numbers to the right.

    Args:
        caption: above it.
        head: of the columns; the first is that of the names.
        rows: as many cells each.
    """
    lines = [_row("th", head), *(_row("td", row) for row in rows)]
    above = f'<caption style="text-align: left">{escape(caption)}</caption>'
    return f"<table>{above}{''.join(lines)}</table>"


def _row(kind: str, cells: Sequence[str]) -> str:
    aligned = ("left", *["right"] * (len(cells) - 1))
    made = (
        f'<{kind} style="text-align: {side}">{escape(cell)}</{kind}>'
        for side, cell in zip(aligned, cells, strict=True)
    )
    return f"<tr>{''.join(made)}</tr>"
