"""`lookalike transfer`: how well does an encoder carry over to other data sets?"""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from lookalike.cli.options import print_json


def command(
    run: Path,
    /,
    *sets: Annotated[str, Parameter(name="SET")],
    root: Path,
    also: tuple[str, ...] = (),
    download: bool = False,
    seed: int = 0,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    workers: int | None = None,
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Judge an encoder on the twelve data sets of the papers, or on any labelled sets.

    $ lookalike transfer runs/simclr-photos --root benchmarks/
    $ lookalike transfer runs/simclr-photos dtd flowers-102 --root benchmarks/ --also my-photos/

    Args:
        run: a run folder.
        sets: of the papers' (see: lookalike list benchmarks); all that are there if none is named.
        root: the folder that holds them, as their archives unpack, or as folders of their names.
        also: further labelled sets.
        download: ask torchvision for what is not there.
        seed: of images that are drawn or held out.
        device: where to compute; auto takes a GPU if there is one.
        workers: processes that decode photos; one per core if not given.
        json_: print the reports as JSON instead of a table.
    """
    from rich.console import Console

    from lookalike.data.benchmarks import BENCHMARKS
    from lookalike.errors import UsageError, did_you_mean
    from lookalike.recipe.encoders import kind_of
    from lookalike.recipe.paths import check_images

    if kind_of(str(run)) != "run":
        raise UsageError(f"{run} is not a run.", do="Give the folder `lookalike pretrain` wrote.")
    for name in sets:
        if name not in BENCHMARKS:
            raise UsageError(f"The papers have no set {name}.", do=did_you_mean(name, BENCHMARKS))
    for place in also:
        check_images(place)

    from lookalike.run.judging.transfer import transfer_run

    console = Console(quiet=json_, highlight=False, markup=False, emoji=False)
    reports = transfer_run(
        run,
        root,
        sets=sets,
        also=also,
        download=download,
        seed=seed,
        device=device,
        workers=workers,
        console=console,
    )
    if json_:
        print_json([report.as_dict() for report in reports])
