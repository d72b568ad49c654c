"""A study at its tiny scale, from its runs to its table and figure."""

from pathlib import Path

from rich.console import Console

from lookalike.studies import STUDIES
from lookalike.studies.perform import find, perform, tasks
from lookalike.studies.results import Results


def names(paper: str) -> list[str]:
    """Of the studies of one paper."""
    return [name for name in STUDIES if name.startswith(f"{paper}-")]


def runs(name: str, root: Path) -> None:
    """Makes a study in `root`, where others may have made some of its runs, and looks at its files."""
    todo = tasks(find(name, "tiny"), seeds=1, data="shapes", root=root)
    out = root / f"{name}-tiny"
    console = Console(quiet=True)
    results = perform(name, todo, out, scale="tiny", images="shapes", jobs=1, console=console)
    assert not results.failed
    assert all(len(found) == 1 for found in results.values.values())
    assert Results.read(out / "results.json") == results
    for ending in ("md", "csv", "tex"):
        assert (out / f"table.{ending}").stat().st_size
    assert (out / "figure.png").read_bytes().startswith(b"\x89PNG")
