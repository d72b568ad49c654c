"""`lookalike report`: the page about a run."""

from pathlib import Path

from lookalike.errors import UsageError
from lookalike.recipe.encoders import kind_of
from lookalike.start.console import console


def report(run: str | Path, *, watch: bool = False, quiet: bool = False) -> Path:
    """Writes a run's page anew from the files in its folder, which may be in training.

    Args:
        run: a run folder.
        watch: serve it on this machine as well, always new, until Ctrl-C.
        quiet: print nothing.

    Returns:
        The path of the page.

    Raises:
        UsageError: it is no run.
        StorageError: the page cannot be written.
    """
    folder = Path(run)
    if kind_of(str(run)) != "run":
        raise UsageError(f"{run} is not a run.", do="Give the folder `lookalike pretrain` wrote.")

    told = console(quiet=quiet)
    if watch:
        from lookalike.start.serving import serve

        return serve(folder, told.print)

    from lookalike.gallery.report import report as write

    page = write(folder)
    told.print(f"report: {page}")
    return page
