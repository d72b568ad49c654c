"""Checks of arguments that must come before torch is imported."""

from collections.abc import Iterable
from pathlib import Path

from lookalike.errors import UsageError, did_you_mean
from lookalike.evaluation import EVALUATIONS
from lookalike.files import nearby


def check_run(folder: Path) -> None:
    """Whether `folder` is the folder of a run.

    Raises:
        UsageError: it is not.
    """
    if (folder / "recipe.yaml").is_file():
        return
    why = "It has no recipe.yaml." if folder.is_dir() else "There is no such folder."
    do = (
        nearby(str(folder))
        or "Give the folder that `lookalike pretrain` wrote, e.g. runs/simclr-photos."
    )
    raise UsageError(f"{folder} is not a run.", why=why, do=do)


def check_evaluations(names: Iterable[str]) -> None:
    """Whether there are evaluations of these names.

    Raises:
        UsageError: one is unknown.
    """
    for name in names:
        if name not in EVALUATIONS:
            raise UsageError(f"There is no evaluation {name}.", do=did_you_mean(name, EVALUATIONS))
