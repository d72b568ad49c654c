"""`lookalike runs`: which runs there are, and how they stand."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lookalike.cli.options import print_json
from lookalike.durations import duration

if TYPE_CHECKING:
    from lookalike.start.listing import Standing

RUNS = Path("runs")

_WIDTH = 1000


def command(
    folder: Path = RUNS,
    /,
    *,
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """List the runs in a folder: how far they are, how good, and what became of them.

    done, running, stopped (by you, and saved), interrupted (killed; the same command goes on from the
    last save) or failed. kNN is what was measured while training. To set runs side by side, with tests
    of their differences: lookalike compare.

    $ lookalike runs
    $ lookalike runs experiments/ --json

    Args:
        folder: looked through with the folders in it; runs/ if not given.
        json_: print JSON instead of a table.
    """
    from lookalike.start import runs

    found = runs(folder)
    if json_:
        print_json([each.as_dict() for each in found])
        return
    _print_table(found, folder)


def _print_table(found: "Sequence[Standing]", folder: Path) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("run", "method", "encoder", "data"):
        table.add_column(head)
    for head in ("updates", "best kNN", "last", "linear", "time"):
        table.add_column(head, justify="right")
    table.add_column("state")
    for each in found:
        table.add_row(*map(escape, _cells(each, folder)))
    # A terminal that is too narrow breaks long lines, which harms less than broken names.
    Console(width=_WIDTH, highlight=False, emoji=False).print(table)


def _cells(run: "Standing", folder: Path) -> tuple[str, ...]:
    in_all = "?" if run.updates_in_all is None else f"{run.updates_in_all:,}"
    name = str(run.path.relative_to(folder)) if run.path != folder else run.path.resolve().name
    return (
        name,
        run.method or "–",
        run.encoder or "–",
        Path(run.data).name if run.data else "–",
        f"{run.updates:,} of {in_all}",
        *map(_percent, (run.best_knn, run.last_knn, run.linear)),
        duration(run.seconds) if run.seconds else "–",
        f"{run.state}: {run.why}" if run.state == "failed" else run.state,
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
