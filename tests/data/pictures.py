"""Pictures for the tests of the data layer, made on the spot."""

from pathlib import Path

import numpy as np
from PIL import Image

PHOTO = (100, 120)  # height, width: too large to be packed


def noise(seed: int, height: int = 8, width: int = 8, channels: int = 3) -> np.ndarray:
    """Random pixels [height, width, channels], without the last axis for one channel."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def save(path: Path, pixels: np.ndarray, **options: object) -> Path:
    """Writes a picture, with the folders above it; the format follows the name's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def class_folders(root: Path, counts: dict[str, int], size: tuple[int, int] = (8, 8)) -> Path:
    """Writes ROOT/CLASS/NUMBER.png."""
    for place, (name, count) in enumerate(counts.items()):
        for number in range(count):
            save(root / name / f"{number:03}.png", noise(1000 * place + number, *size))
    return root
