"""Where what happens is told."""

from rich.console import Console


def console(*, quiet: bool = False, stderr: bool = False) -> Console:
    """Plain words on the terminal, as they are given."""
    return Console(
        quiet=quiet, stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True
    )
