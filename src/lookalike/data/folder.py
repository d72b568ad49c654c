"""A folder of pictures, nested or flat, in class folders or not."""

import os
import unicodedata
from array import array
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.data.ledger import counted
from lookalike.data.listing import FolderFiles, Listing, digest, printable, within
from lookalike.data.paths import Paths
from lookalike.data.walking import Walk
from lookalike.errors import DataError


def list_folder(root: Path, limit: int | None = None) -> Listing:
    """All files below `root` that may be pictures, class by class in turn.

    A file may be a picture if its name ends as one or has no ending; what is inside is seen later.
    The class of a picture is the first folder below the root, when at least two folders there hold
    pictures and none lies in the root itself. The order takes one picture of each class in turn, so
    that the first n mix all classes.

    Args:
        root: the folder; links out of it are followed, each folder is visited once.
        limit: takes the first this many.

    Raises:
        DataError: two class folders have names that look the same.
    """
    paths, stamp, folder, walk = _found(root)
    classes, kind = _classes(walk.folders, folder)
    rows = torch.arange(len(folder))
    label = torch.full_like(rows, -1)
    if classes:
        number = {name: place for place, name in enumerate(classes)}
        label = torch.tensor([number[_class_name(name)] for name in walk.folders])[folder]
        rows = _in_turn(folder, label)
    rows = rows[: within(limit, len(folder), walk.ledger)]
    label = label[rows]
    del folder  # memory is shortest here
    paths, stamp = paths.take(rows), stamp[rows]
    fingerprint = digest("folder", paths, stamp[:, 0])
    return Listing(
        place=str(root),
        kind=kind,
        files=FolderFiles(root, paths, stamp),
        label=label,
        classes=tuple(classes),
        fingerprint=fingerprint,
        version=f"{fingerprint}-{digest(stamp[:, 1])}",
        ledger=walk.ledger,
        folders=FolderFiles(root, Paths.of(walk.visited), _tensor(walk.visits).view(-1, 2)),
    )


def _found(root: Path) -> tuple[Paths, Int[Tensor, "n 2"], Int[Tensor, " n"], Walk]:
    """The paths of all files, their stamps, and which of the walk's folders each lies in.

    What the walk gathered lives on in them alone, so that it goes when they are put in order.
    """
    walk = Walk(root)
    paths = Paths.of(walk)
    stamp, folder = _tensor(walk.stamp).view(-1, 2), _tensor(walk.folder)
    walk.stamp, walk.folder = array("q"), array("q")
    return paths, stamp, folder, walk


def _class_name(folder: bytes) -> str:
    """The same for a name however it was typed: accents have two spellings."""
    return unicodedata.normalize("NFC", printable(os.fsdecode(folder)))


def _classes(folders: Collection[bytes], folder: Tensor) -> tuple[list[str], str]:
    """Names of the class folders, and what to tell people about them."""
    direct = int((folder < 0).sum())
    if len(folders) < 2:
        alone = "" if direct else "".join(f" (all are in {_class_name(name)}/)" for name in folders)
        return [], f"without class folders{alone}"
    if direct:
        return [], f"without class folders ({direct:,} beside the {len(folders)} sub-folders)"
    names = Counter(map(_class_name, folders))
    if same := [name for name, number in names.items() if number > 1]:
        raise DataError(
            f"Two class folders are called {same[0]!r}.",
            why="Their names look the same and are spelt with other bytes.",
            do="Rename one, or put their pictures together.",
        )
    return sorted(names), f"in {counted(len(names), 'class folder')}"


def _in_turn(folder: Int[Tensor, " n"], label: Int[Tensor, " n"]) -> Int[Tensor, " n"]:
    """The rows, one of each class in turn; those of a folder stand together, in its order."""
    count = torch.bincount(folder)
    turn = torch.arange(len(folder)) - (count.cumsum(0) - count)[folder]
    return torch.argsort(turn * len(count) + label)


def _tensor(numbers: "array[int]") -> Int[Tensor, " n"]:
    return torch.from_numpy(np.frombuffer(numbers, np.int64))
