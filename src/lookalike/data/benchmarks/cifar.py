"""CIFAR-10 and CIFAR-100, which come as arrays."""

from pathlib import Path
from typing import Any

import torch

from lookalike.data.ledger import Ledger, counted
from lookalike.data.listing import digest
from lookalike.data.sources import Images


def cifar_10(root: Path) -> dict[str, Images]:
    """The arrays for training and for testing."""
    from torchvision.datasets import CIFAR10

    return {part: _read(CIFAR10, root, part) for part in ("train", "test")}


def cifar_100(root: Path) -> dict[str, Images]:
    """The same in the 100 fine classes."""
    from torchvision.datasets import CIFAR100

    return {part: _read(CIFAR100, root, part) for part in ("train", "test")}


def _read(kind: Any, root: Path, part: str) -> Images:
    """The archives are pickles; torchvision opens them only if they are the published bytes."""
    found = kind(root, train=part == "train")
    label, classes = torch.tensor(found.targets), tuple(found.classes)
    title = f"{kind.__name__} {part}"
    return Images(
        name=f"{counted(len(label), 'picture')} of {len(classes)} classes ({title})",
        names=[f"{title} {row}" for row in range(len(label))],
        label=label,
        classes=classes,
        channels=3,
        ledger=Ledger(found=len(label)),
        fingerprint=digest(title, len(label)),
        images=torch.from_numpy(found.data).permute(0, 3, 1, 2).contiguous(),
    )
