"""Pictures for the tests of the data layer, made on the spot."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

PHOTO = (100, 120)  # height, width: too large to be packed


def noise(seed: int, height: int = 8, width: int = 8, channels: int = 3) -> np.ndarray:
    """Random pixels [height, width, channels], without the last axis for one channel."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def photo_like(seed: int, height: int, width: int) -> np.ndarray:
    """Smooth noise of several scales with sharp edges on it, RGB."""
    rng = np.random.default_rng(seed)
    whole = np.full((height, width, 3), 128.0, np.float32)
    for cells, strength in ((5, 30), (20, 20), (80, 15), (320, 10)):
        coarse = rng.normal(128, 32, (cells, cells, 3)).clip(0, 255).astype(np.uint8)
        fine = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        whole += (np.asarray(fine, np.float32) - 128) * (strength / 32)
    image = Image.fromarray(whole.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(60):
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        x, y, radius = rng.uniform((0, 0, 0.002), (1, 1, 0.1)) * (width, height, width)
        draw = rng.choice([pen.ellipse, pen.rectangle, pen.line])
        draw((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return np.asarray(image)


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
