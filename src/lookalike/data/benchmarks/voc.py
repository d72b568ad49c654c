"""VOC2007, whose images may be of several classes."""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.data.benchmarks.archives import Archive, lines

_HOME = "VOCdevkit/VOC2007"
_MARK = {"1": 1, "-1": 0, "0": -1}  # as the files say it → as we do


def voc2007(root: Path) -> Archive:
    """Its images; `marks` says of which classes they are."""
    home = root / _HOME
    files = {part: home / f"ImageSets/Main/{part}.txt" for part in ("train", "val", "test")}
    return Archive(
        home,
        _classes(home),
        {
            part: [(f"JPEGImages/{line}.jpg", "") for line in lines(file)]
            for part, file in files.items()
        },
    )


def marks(root: Path, part: str, names: Sequence[str]) -> Int[Tensor, "n classes"]:
    """1 where an image shows the class, 0 where not, -1 where all it shows of it is difficult.

    Args:
        root: the folder that all archives lie in.
        part: "train", "val" or "test".
        names: the images, in this order.
    """
    home = root / _HOME
    images = [Path(name).stem for name in names]
    columns = []
    for name in _classes(home):
        said = dict(line.split() for line in lines(home / f"ImageSets/Main/{name}_{part}.txt"))
        columns.append([_MARK[said[image]] for image in images])
    return torch.tensor(columns).T.contiguous()


def _classes(home: Path) -> list[str]:
    files = (home / "ImageSets/Main").glob("*_train.txt")
    return sorted(file.name.removesuffix("_train.txt") for file in files)
