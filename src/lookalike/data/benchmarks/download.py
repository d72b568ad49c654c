"""Fetching the archives with torchvision."""

from pathlib import Path
from typing import Any

from lookalike.errors import DataError

CALLS: dict[str, tuple[str, tuple[dict[str, str], ...]]] = {
    "food-101": ("Food101", ({},)),
    "cifar-10": ("CIFAR10", ({},)),
    "cifar-100": ("CIFAR100", ({},)),
    "sun397": ("SUN397", ({},)),
    "fgvc-aircraft": ("FGVCAircraft", ({},)),
    "voc2007": (
        "VOCDetection",
        ({"year": "2007", "image_set": "trainval"}, {"year": "2007", "image_set": "test"}),
    ),
    "dtd": ("DTD", ({},)),
    "oxford-pets": ("OxfordIIITPet", ({},)),
    "caltech-101": ("Caltech101", ({},)),
    "flowers-102": ("Flowers102", ({},)),
}
"""Set → torchvision's class and the arguments of each call. It does not bring Birdsnap, Stanford Cars
and the partitions of SUN397."""


def download(name: str, root: Path) -> None:
    """Asks torchvision for an archive. No test of ours fetches one: only the call is tested.

    Args:
        name: of the set.
        root: the folder that all archives lie in.

    Raises:
        DataError: torchvision does not bring this set, or could not fetch it.
    """
    from torchvision import datasets

    if name not in CALLS:
        raise DataError(f"torchvision does not bring {name}.", do="Fetch it by hand.")
    kind, calls = CALLS[name]
    try:
        for call in calls:
            settings: dict[str, Any] = {**call, "download": True}
            getattr(datasets, kind)(root, **settings)
    except (OSError, RuntimeError) as error:
        raise DataError(f"{name} could not be fetched.", why=f"Reason: {error}.") from error
