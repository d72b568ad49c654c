"""Trackers that a run is copied to."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from lookalike.recipe.schema import Recipe
from lookalike.record import flatten
from lookalike.training.copying import Copy
from lookalike.training.trackers import TRACKERS, Tracked


def copies_for(
    track: str | None, folder: Path, recipe: Recipe, tell: Callable[[str], None]
) -> list[Copy]:
    """The copy for a tracker, if one is asked for.

    Args:
        track: its name in TRACKERS.
        folder: of the run.
        recipe: of the run, which the tracker is told.
        tell: takes a sentence where it fails.
    """
    if track is None:
        return []
    name, adapter = TRACKERS[track]
    run = Tracked(folder, folder.resolve().name, dict(flatten(recipe.dump())))
    return [Copy(name, partial(adapter, run=run), tell=tell)]
