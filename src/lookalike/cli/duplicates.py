"""`lookalike duplicates`: which pictures stand there more than once?"""

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
    threshold: float | None = None,
    out: Path | None = None,
    json_: Annotated[bool, Parameter(name="--json")] = False,
    limit: int | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    workers: int | None = None,
) -> None:
    """Group nearly equal pictures: re-encoded, resized, mirrored, cut a little.

    Features find them and pixels decide. The similarity from which on pixels are compared is chosen
    from the data: 99 % of gently changed copies reach it. (To look without an encoder, and across
    training and test set: lookalike check.)

    $ lookalike duplicates runs/simclr-photos --out duplicates.html
    $ lookalike duplicates runs/simclr-photos --data archive/ --threshold 0.95

    Args:
        what: a run folder or an encoder folder.
        data: the pictures; those of the run if not given.
        threshold: similarity that decides alone, which also finds pictures of one scene.
        out: also write a page with the pictures, which needs no network.
        json_: print JSON instead of text.
        limit: take the first this many pictures; a run's own number if not given.
        device: where to compute; auto takes a GPU if there is one.
        workers: processes that decode photos; one per core if not given.
    """
    from lookalike.start import duplicates

    found = duplicates(
        what, data=data, threshold=threshold, out=out, limit=limit, device=device, workers=workers
    )
    if json_:
        json.dump(found.as_dict(), sys.stdout, indent=2, ensure_ascii=False)
        print()
        return

    from lookalike.run.found import duplicates_lines

    for line in duplicates_lines(found):
        print(line)
