"""`lookalike outliers`: which pictures are like no other?"""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def command(
    what: str,
    /,
    *,
    data: str | None = None,
    top: int = 20,
    k: int = 10,
    out: Path | None = None,
    json_: Annotated[bool, Parameter(name="--json")] = False,
    limit: int | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    workers: int | None = None,
) -> None:
    """Name the pictures that are least like any other: mistakes, strays, rare things.

    The score is a picture's mean distance to its nearest ones, over the same of those; inside a crowd
    it is about 1.

    $ lookalike outliers runs/simclr-photos
    $ lookalike outliers runs/simclr-photos --data archive/ --top 50 --out outliers.html

    Args:
        what: a run folder or an encoder folder.
        data: the pictures; those of the run if not given.
        top: how many to name.
        k: nearest pictures that each one is compared with.
        out: also write a page with the pictures, which needs no network.
        json_: print JSON instead of text.
        limit: take the first this many pictures; a run's own number if not given.
        device: where to compute; auto takes a GPU if there is one.
        workers: processes that decode photos; one per core if not given.
    """
    from lookalike.start import outliers

    found = outliers(
        what, data=data, top=top, k=k, out=out, limit=limit, device=device, workers=workers
    )
    if json_:
        json.dump([each.as_dict() for each in found], sys.stdout, indent=2, ensure_ascii=False)
        print()
        return

    from lookalike.run.found import outliers_lines

    for line in outliers_lines(found):
        print(line)
