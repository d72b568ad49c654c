"""`lookalike predict`: what is on these pictures?"""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def command(
    run: str,
    /,
    *images: Annotated[str, Parameter(name="IMAGES")],
    out: Path | None = None,
    top: int = 3,
    data: str | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    workers: int | None = None,
) -> None:
    """Name the classes of pictures, with probabilities, from a run's encoder and linear probe.

    The probe is fitted to labelled images once, judged on others, and kept in the run.

    $ lookalike predict runs/simclr-photos new.jpg
    $ lookalike predict runs/simclr-photos new/ --data labelled/ --out predictions.csv

    Args:
        run: a run folder.
        images: pictures, folders of them, or Parquet files.
        out: a .csv or .json file for the answers; printed if not given.
        top: how many classes to tell of each picture.
        data: labelled images to fit the probe to anew; if not given, the probe that is kept, or the
            run's own images.
        device: where to compute; auto takes a GPU if there is one.
        workers: processes that decode photos; one per core if not given.
    """
    from lookalike.start import predict

    for each in predict(
        run, *images, out=out, top=top, data=data, device=device, workers=workers, quiet=False
    ):
        if out is None:
            print(each)
        elif each.problem:
            print(each, file=sys.stderr)
