"""The recipe for a bare method and a set of images: every default chosen, and told.

| images           | device | encoder  | view     | images seen in all           | about      |
|------------------|--------|----------|----------|------------------------------|------------|
| side ≤ 64 px     | cpu    | resnet20 | its side | 600,000 × (32 / side)²       | ½ hour     |
| side ≤ 64 px     | cuda   | resnet18 | its side | 10,000,000 × (32 / side)²    | 1 hour     |
| photos           | cpu    | resnet18 | 96 px    | 100,000                      | ½ hour     |
| photos           | cuda   | resnet50 | 224 px   | 3,000,000                    | 1–2 hours  |

Whatever a small machine wants of a method otherwise, the packaged recipe METHOD-cifar10-small says:
hyper-parameters, optimizer, rate, and for small images the views. A method that needs a transformer
has that recipe's, with patches of about an eighth of the view, or a ViT-S at 224 px. Epochs are the
images seen divided by the images there are, at least 1 and at most 500. The batch is that recipe's,
or less for a small set: a power of two that leaves at least four updates an epoch. A large ViT or a
ResNet-50 at 224 px on a CPU would take days for what ½ hour gives here.
"""

from typing import Any, NamedTuple

from lookalike import text
from lookalike.errors import DataError
from lookalike.recipe.library import packaged
from lookalike.recipe.schema import Recipe
from lookalike.views.policy import Policy
from lookalike.views.presets import POLICIES

SMALL = 64
"""Images up to this side (pixels) are small."""


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
            do="Give a folder that holds more.",
        )
    row = _row(side, device)
    small = text.load(packaged()[f"{method}-cifar10-small"], method)
    epochs = min(max(round(row.seen / images), 1), 500)
    encoder, size = {"name": row.encoder}, row.size
    if "patch" in small["encoder"]:
        encoder, size = _for_transformer(row, small["encoder"])
    return {
        "name": method,
        "method": small["method"],
        "encoder": encoder,
        "views": _views(_preset(small["views"]) if side <= SMALL else method, size, channels),
        "batch": min(small["batch"], max(2, _power_of_two(images // 4))),
        "duration": f"{epochs} epochs",
        "optimizer": small["optimizer"],
        "rate": small["rate"],
        "warmup": f"{epochs // 20} epochs",
        "watch": f"{max(epochs // 20, 1)} epochs",
        "clip": small.get("clip"),
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


def _for_transformer(row: Row, small: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The small recipe's transformer, or at 224 px timm's, and the size of its views."""
    if row.size == 224:
        return {"name": "vit_small_patch16_224"}, row.size
    patch = max(round(row.size / 8), 2)
    return small | {"patch": patch}, row.size // patch * patch


def _preset(views: str | dict[str, Any]) -> str:
    return views if isinstance(views, str) else str(views["preset"])


def _views(preset: str, size: int, channels: int) -> dict[str, Any]:
    """The preset with its largest views at this size, and the others in proportion."""
    largest = max(policy.size for policy in POLICIES[preset])
    sizes = [max(4, round(policy.size * size / largest)) for policy in POLICIES[preset]]
    each = {str(i): {"size": own} for i, own in enumerate(sizes) if own != size}
    grey = {} if channels == 3 else _without_colour(POLICIES[preset][0])
    return {"preset": preset, "size": size, **grey, **each}


def _without_colour(policy: Policy) -> dict[str, Any]:
    """Changes for images of other than three channels."""
    changes: dict[str, Any] = {"drop": 0.0, "normalize": None}
    changes |= {"jitter": {"saturation": 0.0, "hue": 0.0}} if policy.jitter else {}
    return changes | ({"augment": None} if policy.augment else {})


def _power_of_two(number: int) -> int:
    """The greatest power of two up to `number`; 0 for 0."""
    return 1 << (number.bit_length() - 1) if number else 0
