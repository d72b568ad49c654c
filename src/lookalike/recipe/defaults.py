"""The recipe for a bare method and a set of images: every default chosen, and told.

| images           | device | encoder  | view     | images seen in all           | about      |
|------------------|--------|----------|----------|------------------------------|------------|
| side ≤ 64 px     | cpu    | resnet20 | its side | 600,000 × (32 / side)²       | ½ hour     |
| side ≤ 64 px     | cuda   | resnet18 | its side | 10,000,000 × (32 / side)²    | 1 hour     |
| photos           | cpu    | resnet18 | 96 px    | 100,000                      | ½ hour     |
| photos           | cuda   | resnet50 | 224 px   | 3,000,000                    | 1–2 hours  |

Small images get the encoder's small stem, no blur and half the colour distortion (SimCLR B.9). Epochs
are the images seen divided by the images there are, at least 1 and at most 500. The batch is 256, or
less for a small set: a power of two that leaves at least four updates an epoch. A ViT or ResNet-50
at 224 px on a CPU would take days for what ½ hour gives here.
"""

from typing import Any, NamedTuple

from lookalike.errors import DataError
from lookalike.recipe.schema import Recipe
from lookalike.views.presets import POLICIES

SMALL = 64
"""Images up to this side (pixels) are small."""

_FOR_SMALL_BATCHES = {"simclr": {"temperature": 0.2}}
"""Where a paper's values are for large ones (SimCLR: its author, issue 166 of the official code)."""


class Row(NamedTuple):
    """One row of the table."""

    encoder: str
    size: int
    seen: int


def default_recipe(
    method: str, *, images: int, side: int, channels: int, device: str
) -> dict[str, Any]:
    """The values of a recipe for a method and a set of images.

    Args:
        method: of METHODS.
        images: how many there are.
        side: the longer side of a typical one, in pixels.
        channels: 1 for grey, 3 for colour.
        device: "cpu" or "cuda".

    Raises:
        DataError: fewer than two images.
    """
    if images < 2:
        raise DataError(
            f"There is {images} image to train on."
            if images
            else "There are no images to train on.",
            why="A method learns from how images differ, so it needs two at the very least.",
        )
    row = _row(side, device)
    epochs = min(max(round(row.seen / images), 1), 500)
    return {
        "name": method,
        "method": {"name": method, **_FOR_SMALL_BATCHES.get(method, {})},
        "encoder": {"name": row.encoder},
        "views": _views(method, row.size, side <= SMALL, channels),
        "batch": min(256, max(2, _power_of_two(images // 4))),
        "duration": f"{epochs} epochs",
        "optimizer": {"name": "sgd", "momentum": 0.9, "weight_decay": 1e-4},
        "rate": {"per_256": 0.4},
        "warmup": f"{epochs // 20} epochs",
        "watch": f"{max(epochs // 20, 1)} epochs",
    }


def described(recipe: Recipe, *, images: int, side: int, device: str) -> str:
    """What was chosen, in a sentence for people."""
    small = "small images, small stem; " if side <= SMALL else ""
    return (
        f"{images:,} images of about {side} px on a {device}: {small}{recipe.encoder['name']} at "
        f"{recipe.views[0].size} px, batch {recipe.batch}, {recipe.duration}. "
        "Change anything with KEY=VALUE; --dry-run shows all."
    )


def _row(side: int, device: str) -> Row:
    size = min(side, SMALL)
    if side <= SMALL:
        scale = (32 / size) ** 2
        small = Row("resnet20", size, round(600_000 * scale))
        return small if device == "cpu" else Row("resnet18", size, round(10_000_000 * scale))
    return Row("resnet18", 96, 100_000) if device == "cpu" else Row("resnet50", 224, 3_000_000)


def _views(method: str, size: int, small: bool, channels: int) -> dict[str, Any]:
    preset = f"{method}-cifar" if small and f"{method}-cifar" in POLICIES else method
    grey = {"jitter": {"saturation": 0.0, "hue": 0.0}, "drop": 0.0}
    return {"preset": preset, "size": size, **({} if channels == 3 else grey)}


def _power_of_two(number: int) -> int:
    """The greatest power of two up to `number`; 0 for 0."""
    return 1 << (number.bit_length() - 1) if number else 0
