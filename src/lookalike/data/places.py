"""What lies at a path, and which splits it has."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from lookalike.data.folder import list_folder
from lookalike.data.listing import Listing
from lookalike.data.named import NAMED
from lookalike.data.parquet import list_parquet
from lookalike.errors import DataError, did_you_mean
from lookalike.files import nearby

TRAIN = "train"
TEST = ("test", "val", "valid", "validation")
"""The names a test split goes by; the first one found counts."""

_WANTED = f"Give a folder of pictures, a Parquet file, or one of: {', '.join(NAMED)}."

Lister = Callable[[int | None], Listing]


def splits_at(path: Path) -> dict[str, Lister]:
    """How to list "train" and, where there is one, "test".

    Raises:
        DataError: nothing is there, or neither a folder nor a Parquet file.
    """
    with _readable(path):
        if path.is_dir():
            tables = sorted(path.glob("*.parquet"))
            return _split_tables(tables) if tables else _split_folders(path)
        if path.suffix.lower() == ".parquet" and path.is_file():
            return {TRAIN: partial(list_parquet, [path])}
        if path.exists():
            raise DataError(
                f"{path} is neither a folder of pictures nor a Parquet file.",
                do=f"Give a folder instead, such as the one it lies in: {path.parent}/",
            )
    meant = did_you_mean(str(path), NAMED) if get_close_matches(str(path), NAMED) else ""
    raise DataError(f"There is no {path}.", do=meant or nearby(str(path)) or _WANTED)


def _split_folders(root: Path) -> dict[str, Lister]:
    """`root` is split if it holds a folder "train" and a test folder, or "train" alone.

    Otherwise "train" may be a class (of vehicles, say), and the whole is for training.
    """
    folders = dict[str, Path]()
    for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
        if entry.is_dir() and not entry.name.startswith("."):
            _refuse_second(folders, entry.name)
            folders[entry.name.lower()] = root / entry.name
    test = next((folders[name] for name in TEST if name in folders), None)
    if TRAIN in folders and test:
        return {TRAIN: partial(list_folder, folders[TRAIN]), "test": partial(list_folder, test)}
    whole = folders[TRAIN] if [*folders] == [TRAIN] else root
    return {TRAIN: partial(list_folder, whole)}


def _refuse_second(folders: dict[str, Path], name: str) -> None:
    """A split has one folder, however its name is written."""
    first = folders.get(name.lower())
    if first and name.lower() in (TRAIN, *TEST):
        raise DataError(
            f"{first.parent} has two folders for one split, {first.name!r} and {name!r}.",
            do="Put their pictures together, or name the folder that you mean.",
        )


def _split_tables(tables: Sequence[Path]) -> dict[str, Lister]:
    named = {
        name: [table for table in tables if table.name.lower().startswith(name)]
        for name in (TRAIN, *TEST)
    }
    test = next((named[name] for name in TEST if named[name]), None)
    if named[TRAIN] and test:
        return {
            TRAIN: partial(list_parquet, named[TRAIN]),
            "test": partial(list_parquet, test),
        }
    return {TRAIN: partial(list_parquet, named[TRAIN] or tables)}


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{path} cannot be opened.", why=f"The system says: {error.strerror or error}."
        ) from error
