"""`lookalike search`: the pictures most like this one."""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def command(
    what: str,
    /,
    *queries: Annotated[str, Parameter(name="QUERIES")],
    data: str | None = None,
    top: int = 10,
    out: Path | None = None,
    json_: Annotated[bool, Parameter(name="--json")] = False,
    limit: int | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    workers: int | None = None,
) -> None:
    """Find the pictures most like given ones, among those of a run or others.

    Similarity is the cosine of features. All pictures are compared, and none finds its own file.

    $ lookalike search runs/simclr-photos query.jpg
    $ lookalike search runs/simclr-photos queries/ --data archive/ --out found.html

    Args:
        what: a run folder or an encoder folder.
        queries: pictures, folders of them, or Parquet files.
        data: the pictures to search; those of the run if not given.
        top: how many to find for each query.
        out: also write a page with the pictures, which needs no network.
        json_: print JSON instead of text.
        limit: search the first this many pictures; a run's own number if not given.
        device: where to compute; auto takes a GPU if there is one.
        workers: processes that decode photos; one per core if not given.
    """
    from lookalike.start import search

    found = search(
        what, *queries, data=data, top=top, out=out, limit=limit, device=device, workers=workers
    )
    if json_:
        json.dump(found.as_dict(), sys.stdout, indent=2, ensure_ascii=False)
        print()
        return

    from lookalike.run.found import search_lines

    for line in search_lines(found):
        print(line)
