"""`lookalike compare`: which run is better, and is that more than chance?"""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lookalike.cli.options import print_json


def command(
    *runs: Annotated[Path, Parameter(name="RUN")],
    evaluation: str | None = None,
    out: Path | None = None,
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Set runs side by side, with paired tests on the test images they share.

    Everything is read from their folders: evaluate them first, on the same data.

    $ lookalike compare runs/simclr runs/byol
    $ lookalike compare runs/* --evaluation linear --out compare.html

    Args:
        runs: run folders, two or more.
        evaluation: only this one, e.g. linear; all if it is not given.
        out: also write a page, which needs neither network nor library.
        json_: print JSON instead of tables.
    """
    from lookalike.errors import UsageError
    from lookalike.files import nearby

    if len(runs) < 2:
        raise UsageError(
            "There is nothing to compare with.",
            do="Name two run folders or more: lookalike compare runs/one runs/two",
        )
    for run in runs:
        if not run.is_dir():
            why = "It is a file." if run.exists() else "There is no such folder."
            do = nearby(str(run)) or "Name folders that `lookalike pretrain` wrote."
            raise UsageError(f"{run} is not a run.", why=why, do=do)

    from rich.console import Console

    from lookalike.gallery.comparison_page import write_page
    from lookalike.gallery.comparison_tables import remarks, tables
    from lookalike.run.judging.compare import compare

    found = compare(*runs, evaluation=evaluation)
    if json_:
        print_json(found.as_dict())
    else:
        console = Console(highlight=False, markup=False, emoji=False)
        console.print(*tables(found), *remarks(found), sep="\n")
    if out is not None:
        write_page(found, out)
        print(f"page: {out}", file=sys.stderr)
