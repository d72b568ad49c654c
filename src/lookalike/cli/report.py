"""`lookalike report`: the page about a run."""

from pathlib import Path


def command(run: Path, /, *, watch: bool = False) -> None:
    """Write a run's page, report.html, anew from its files, also while it trains.

    $ lookalike report runs/simclr-photos
    $ lookalike report runs/simclr-photos --watch

    Args:
        run: a run folder.
        watch: show the page in a browser on this machine, and keep it up to date until Ctrl-C.
    """
    from lookalike.start import report

    report(run, watch=watch)
