"""`lookalike evaluate`: how good is a trained encoder?"""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def command(
    run: Path,
    /,
    *names: Annotated[str, Parameter(name="EVALUATION")],
    data: str | None = None,
    seed: int = 0,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Evaluate the encoder of a run on labelled images, beside an untrained one and raw pixels.

    $ lookalike evaluate runs/simclr-photos knn linear --data labelled/

    Args:
        run: a run folder.
        names: of evaluations (see: lookalike list evaluations); knn and linear if none is given.
        data: labelled images (one folder per class, or Parquet); those of the run if not given.
        seed: of splits and draws.
        device: where to compute; auto takes a GPU if there is one.
        json_: print the reports as JSON instead of a table.
    """
    from rich.console import Console

    from lookalike.cli.checks import check_evaluations, check_run
    from lookalike.recipe.paths import check_images

    check_run(run)
    check_evaluations(names)
    if data is not None:
        check_images(data)

    from lookalike.run import Run

    console = Console(quiet=json_, highlight=False, markup=False, emoji=False)
    reports = Run(run).evaluate(
        *(names or ("knn", "linear")), data=data, seed=seed, device=device, console=console
    )
    if json_:
        json.dump([report.as_dict() for report in reports], sys.stdout, indent=2)
        print()
