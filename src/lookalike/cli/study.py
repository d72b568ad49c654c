"""`lookalike study`: a table or figure of a paper, made anew beside the paper's values."""

from pathlib import Path
from typing import Literal


def command(
    name: str,
    /,
    *,
    scale: Literal["tiny", "small", "paper"] = "small",
    data: str | None = None,
    seeds: int | None = None,
    jobs: int = 1,
    runs: Path = Path("runs/studies"),
    out: Path | None = None,
    print_commands: bool = False,
    slurm: Path | None = None,
) -> None:
    """Make a paper's experiment: what is missing is run, then table, figure and verdicts.

    The runs are ordinary run folders, shared by all studies. The same command goes on where it was
    stopped, and one that failed is tried again.

    $ lookalike study simclr-temperature --data cifar10/
    $ lookalike study simclr-temperature --data imagenet/ --scale paper --print-commands
    $ lookalike study simclr-temperature --data imagenet/ --scale paper --slurm study.sh

    Args:
        name: of a study (see: lookalike list studies).
        scale: tiny takes a minute and shows nothing, small takes hours on a laptop, paper is the
            paper's own setting.
        data: images to train on; tiny needs none.
        seeds: how often each run is made; the scale's own number if not given.
        jobs: runs at a time, each with its share of the cores.
        runs: where the run folders are.
        out: folder for table and figure; RUNS/NAME-SCALE if not given.
        print_commands: print the command of each missing run, one in a line, and run nothing.
        slurm: write the missing runs as an array of jobs into this file, and run nothing.
    """
    from rich.console import Console

    from lookalike import files
    from lookalike.errors import UsageError
    from lookalike.studies.perform import find, perform, tasks
    from lookalike.studies.scale import SCALES
    from lookalike.studies.scheduling import commands, script

    study, size = find(name, scale), SCALES[scale]
    data = data or ("shapes" if scale == "tiny" else None)
    if data is None:
        raise UsageError(
            f"{name} needs images to train on.",
            do=f"Add --data; its scale is made for {size.images}.",
        )
    if min(jobs, size.seeds if seeds is None else seeds) < 1:
        raise UsageError("A study has at least one seed and one job.")
    todo = tasks(study, seeds=seeds or size.seeds, data=data, root=runs)
    if print_commands:
        print(*commands(todo), sep="\n")
        return
    if slurm:
        files.write_text(slurm, script(f"{name}-{scale}", todo))
        print(f"sbatch {slurm}")
        return
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    perform(
        name,
        todo,
        out or runs / f"{name}-{scale}",
        scale=scale,
        images=size.images,
        jobs=jobs,
        console=console,
    )
