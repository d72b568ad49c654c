"""Changed copies of pictures, as they come about when a set is gathered."""

import io

import numpy as np
from PIL import Image

from data.pictures import photo_like


def photo(seed: int, height: int = 96, width: int = 128) -> Image.Image:
    """A picture with as many details as a photo."""
    return Image.fromarray(photo_like(seed, height, width))


def encoded(image: Image.Image, quality: int) -> Image.Image:
    """After it was stored as JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "jpeg", quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")


def changed(image: Image.Image, rng: np.random.Generator) -> tuple[Image.Image, bool]:
    """Half are mirrored, half lose up to 5 % of a side, most are resized or brightened, and all
    are stored as JPEG; whether it was mirrored."""
    mirrored = bool(rng.random() < 0.5)
    if mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.5:
        image = _cut(image, rng)
    if rng.random() < 0.7:
        scale = rng.uniform(0.5, 1.5)
        image = image.resize((round(image.width * scale), round(image.height * scale)))
    if rng.random() < 0.7:
        values = np.asarray(image, np.float32) * rng.uniform(0.75, 1.25)
        image = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    return encoded(image, int(rng.integers(30, 96))), mirrored


def _cut(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    width, height = image.size
    lost = rng.uniform(0, 0.05, 2) * image.size
    left, top = rng.uniform(0, 1, 2) * lost
    box = (left, top, left + width - lost[0], top + height - lost[1])
    return image.crop(tuple(round(side) for side in box))


def grey(images: list[Image.Image], side: int = 64) -> np.ndarray:
    """[n, side, side], as `measure` makes them."""
    small = [image.convert("L").resize((side, side), Image.Resampling.BOX) for image in images]
    return np.stack([np.asarray(each) for each in small])
