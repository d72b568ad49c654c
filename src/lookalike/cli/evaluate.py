"""`lookalike evaluate`: how good is a trained encoder?"""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from lookalike.cli.options import print_json


def command(
    what: str,
    /,
    *words: Annotated[str, Parameter(name="EVALUATION")],
    data: str | None = None,
    out: Path | None = None,
    limit: int | None = None,
    size: int | None = None,
    projection: bool = False,
    seed: int = 0,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    workers: int | None = None,
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Evaluate an encoder on labelled images, beside an untrained one and raw pixels.

    $ lookalike evaluate runs/simclr-photos knn linear --data labelled/
    $ lookalike evaluate runs/simclr-photos knn.k=200 few-labels.labels=10%
    $ lookalike evaluate resnet50 encoder.weights=weights.pth --data labelled/

    Args:
        what: a run folder, an encoder folder, or an encoder's name.
        words: names of evaluations and their settings (see: lookalike list evaluations); knn and
            linear if none is given. For an encoder by name also encoder.KEY=VALUE.
        data: labelled images (one folder per class, or Parquet); those of the run if not given.
        out: folder for the reports of an encoder that is no run; runs/NAME if not given.
        limit: take the first this many training images; a run's own number if not given.
        size: side of the view to test on, in pixels; the encoder's own if not given.
        projection: judge z, what a run's projector makes of h, as well.
        seed: of splits and draws.
        device: where to compute; auto takes a GPU if there is one.
        workers: processes that decode photos; one per core if not given.
        json_: print the reports as JSON instead of a table.
    """
    from lookalike.start import evaluate

    reports = evaluate(
        what,
        *words,
        data=data,
        out=out,
        limit=limit,
        size=size,
        projection=projection,
        seed=seed,
        device=device,
        workers=workers,
        quiet=json_,
    )
    if json_:
        print_json([report.as_dict() for report in reports])
