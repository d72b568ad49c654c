"""What one process trains with: the recipe's objects, put together."""

from typing import NamedTuple

import torch
from torch.optim import Optimizer

from lookalike import distributed
from lookalike.data.labels import split
from lookalike.data.loading import Loader
from lookalike.data.sources import Source, chosen
from lookalike.errors import DataError
from lookalike.method import Method
from lookalike.recipe.build import build_method, build_optimizer
from lookalike.recipe.schema import Recipe
from lookalike.run.training.images import check_labels
from lookalike.run.workers import count_workers
from lookalike.training.runtime import Runtime
from lookalike.training.sharding import shard


class Work(NamedTuple):
    """What one process trains with."""

    recipe: Recipe
    source: Source  # what is trained on
    held_out: Source | None  # what is not, for the monitors
    loader: Loader
    method: Method
    optimizer: Optimizer
    runtime: Runtime

    @property
    def updates(self) -> int:
        """In all."""
        return self.recipe.duration.steps(self.loader.updates_per_epoch)


def prepare(recipe: Recipe, source: Source, runtime: Runtime, workers: int | None) -> Work:
    """Loader, method and optimizer of this process.

    Args:
        recipe: of the run.
        source: its images.
        runtime: device and precision.
        workers: processes that decode photos, or None for one per core.

    Raises:
        UsageError: the method takes no such encoder or views.
        DataError: labels are missing, or another process sees other images.
    """
    _compare_images(source, runtime.device)
    source, held_out = _apart(source, recipe)
    check_labels(recipe, source)
    loader = Loader(
        source,
        recipe.views,
        batch=recipe.batch,
        seed=recipe.seed,
        device=runtime.device,
        workers=count_workers(workers),
    )
    spread = recipe.shard and distributed.world() > 1
    method = runtime.place(
        build_method(recipe, source.channels, len(source.classes)), contiguous=spread
    )
    if spread:
        shard(method, runtime.device)
    optimizer = build_optimizer(recipe, method)
    return Work(recipe, source, held_out, loader, method, optimizer, runtime)


def _apart(source: Source, recipe: Recipe) -> tuple[Source, Source | None]:
    """What is trained on, and what is held out for the monitors, class by class."""
    if not recipe.data.held_out:
        return source, None
    if recipe.monitor and not source.classes:
        raise DataError(
            "The monitors need labels, and these images have none.",
            do="Leave out monitor, or put the images into one folder per class.",
        )
    rest, part = split(source.label, recipe.data.held_out, recipe.seed)
    if not len(part):
        raise DataError(
            f"data.held_out={recipe.data.held_out} of the images of each class is less than one.",
            do="Hold out more, or label more images.",
        )
    return chosen(source, rest), chosen(source, part)


def _compare_images(source: Source, device: torch.device) -> None:
    """Processes that see different images would train on something nobody meant."""
    mine = torch.frombuffer(bytearray(source.fingerprint, "utf-8"), dtype=torch.uint8)
    if not torch.equal(distributed.from_first({"images": mine}, device)["images"], mine):
        raise DataError(
            f"Process {distributed.rank()} sees other images than the first one.",
            why=f"It found {source.name}.",
            do="Put the same images on every machine.",
        )
