"""What a recipe will take, before anything is written. Needs torch."""

import torch

from lookalike.data.packing import SMALL
from lookalike.recipe.build import build_method, build_optimizer
from lookalike.recipe.fitting import advice, fits, fitting_batch, fitting_piece
from lookalike.recipe.look import Look, device_kind
from lookalike.recipe.memory import KEPT, Need, need, sentence
from lookalike.recipe.schema import Recipe
from lookalike.training.runtime import choose_runtime

CLASSES = 100
"""As many as are supposed before the labels are read."""


def parameters(recipe: Recipe, channels: int = 3) -> int:
    """How many numbers are trained.

    The method is built without memory for its numbers, so this also tells at once, before there is
    a run folder, whether the encoder and the optimizer exist and take these arguments.

    Raises:
        UsageError: one does not.
    """
    with torch.device("meta"):
        method = build_method(recipe, channels, classes=1)
    build_optimizer(recipe, method)
    return sum(p.numel() for p in method.parameters() if p.requires_grad)


def estimate(recipe: Recipe, seen: Look | None) -> list[str]:
    """Sentences on the length and size of a run.

    Args:
        recipe: of the run.
        seen: the images, where they are known.
    """
    count = parameters(recipe, seen.channels if seen else 3)
    megabytes = count * 4 * (1 + KEPT.get(recipe.optimizer["name"], 1)) / 1e6
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


def memory_needed(recipe: Recipe, seen: Look | None, device: str = "auto") -> list[str]:
    """Sentences on the memory of a run beside what there is, and on what to do where it ends.

    Args:
        recipe: of the run.
        seen: the images, where they are known.
        device: "auto", "cpu", "cuda" or "cuda:N".
    """
    if device_kind(device) == "cuda" and not torch.cuda.is_available():
        return []  # it is planned here for another machine
    runtime = choose_runtime(device, recipe.precision)
    needed = _need(recipe, seen, device)
    told = [sentence(needed, runtime.device)]
    if not fits(needed, runtime.device):
        piece = fitting_piece(recipe, needed, runtime.device)
        told.append(f"That does not fit. {advice(recipe, piece)}")
    return told


def automatic_batch(recipe: Recipe, seen: Look, device: str = "auto") -> tuple[Recipe, str]:
    """The recipe with the largest batch that fits, and a sentence that says why.

    Args:
        recipe: its own batch is the largest one that is taken.
        seen: the images.
        device: "auto", "cpu", "cuda" or "cuda:N".

    Raises:
        UsageError: not even two images fit.
    """
    home = choose_runtime(device, recipe.precision).device
    batch, why = fitting_batch(
        min(recipe.batch, seen.images),
        home,
        lambda batch: _need(recipe.model_copy(update={"batch": batch}), seen, device).total,
    )
    return recipe.model_copy(update={"batch": batch}), why


def _need(recipe: Recipe, seen: Look | None, device: str) -> Need:
    runtime = choose_runtime(device, recipe.precision)
    channels = seen.channels if seen else 3
    packed = seen is not None and seen.side <= SMALL
    images = seen.images * channels * seen.side**2 if seen and packed else 0
    return need(recipe, channels, CLASSES, runtime, images)
