"""Paths that people type: checked before anything slow, with the nearest that exist."""

import os
from difflib import get_close_matches
from pathlib import Path

from lookalike.errors import DataError, StorageError, did_you_mean
from lookalike.files import nearby
from lookalike.recipe.signature import table

NAMED_SETS = table("lookalike.data.named:NAMED")
"""Sets of images that need no files, and where they are written."""


def check_images(path: str) -> None:
    """Whether a folder, file or named set of images is there; what is inside is seen later.

    Raises:
        DataError: it is not.
    """
    if path in NAMED_SETS or Path(path).exists():
        return
    sets = f"Give a folder, a Parquet file or a named set: {', '.join(NAMED_SETS)}."
    near = get_close_matches(path, NAMED_SETS)
    raise DataError(
        f"There are no images at {path}.",
        do=did_you_mean(path, near) if near else nearby(path) or sets,
    )


def check_out(folder: Path) -> None:
    """Whether a run folder may be made or written here; nothing is written to find out.

    Raises:
        StorageError: it may not.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        why = f"{there} is a file."
    elif not os.access(there, os.W_OK | os.X_OK):
        why = f"You may not write in {there}."
    else:
        return
    raise StorageError(f"{folder} cannot be a run folder.", why=why, do="Choose another --out.")
