"""What a recipe will take, before anything is written. Needs torch."""

import torch

from lookalike.recipe.build import build_method
from lookalike.recipe.look import Look
from lookalike.recipe.schema import Recipe

_BUFFERS = {"adamw": 2, "timm": 2}
"""Numbers an optimizer keeps for each parameter; others keep one."""


def parameters(recipe: Recipe, channels: int = 3) -> int:
    """How many numbers are trained.

    The method is built without memory for its numbers, so this also tells at once, before there is
    a run folder, whether the encoder exists and takes these arguments.

    Raises:
        UsageError: it does not.
    """
    with torch.device("meta"):
        method = build_method(recipe, channels, classes=1)
    return sum(p.numel() for p in method.parameters() if p.requires_grad)


def estimate(recipe: Recipe, seen: Look | None) -> list[str]:
    """Sentences on the length and size of a run.

    Args:
        recipe: of the run.
        seen: the images, where they are known.
    """
    count = parameters(recipe, seen.channels if seen else 3)
    megabytes = count * 4 * (1 + _BUFFERS.get(recipe.optimizer["name"], 1)) / 1e6
    sentences = [
        f"{count / 1e6:.1f} million parameters; a checkpoint takes about {megabytes:,.0f} MB, "
        "and two are kept."
    ]
    if seen is None:
        return ["Its length in updates depends on the images: add --data.", *sentences]
    per_epoch = seen.images // recipe.batch
    if per_epoch == 0:
        return [f"{seen.images:,} images do not fill one batch of {recipe.batch:,}.", *sentences]
    updates = recipe.duration.steps(per_epoch)
    views = updates * recipe.batch * len(recipe.views)
    length = f"{seen.images:,} images: {per_epoch:,} updates an epoch, {updates:,} updates"
    return [f"{length}, {views:,} views in all.", *sentences]
