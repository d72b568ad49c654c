"""What a recipe will take on this machine: its length, and its time where that is to be measured."""

import time
from collections.abc import Iterator

from lookalike.data.loading import Loader
from lookalike.data.sources import Source
from lookalike.method import Batch
from lookalike.recipe.build import build_method, build_optimizer, build_rate
from lookalike.recipe.schema import Recipe
from lookalike.training.loop import train
from lookalike.training.runtime import choose_runtime

SECONDS = 8.0
"""How long updates are measured, after the first one, which is slower."""

_MOST = 50


def seconds_per_update(recipe: Recipe, source: Source, *, device: str, workers: int) -> float:
    """Trains for some seconds and throws the result away.

    Args:
        recipe: of the run.
        source: its images.
        device: "auto", "cpu", "cuda" or "cuda:N".
        workers: processes that decode photos.

    Raises:
        UsageError: the images do not fill a batch, or the method takes no such encoder.
    """
    runtime = choose_runtime(device, recipe.precision)
    loader = Loader(
        source,
        recipe.views,
        batch=recipe.batch,
        seed=recipe.seed,
        device=runtime.device,
        workers=workers,
    )
    method = runtime.place(build_method(recipe, source.channels, len(source.classes)))
    begun: list[float] = []
    train(
        method,
        _for_a_while(loader, begun),
        build_optimizer(recipe, method),
        build_rate(recipe, loader.updates_per_epoch),
        runtime=runtime,
        seed=recipe.seed,
        start=0,
        updates=recipe.duration.steps(loader.updates_per_epoch),
        piece=recipe.piece,
        clip=recipe.clip,
    )
    return (begun[-1] - begun[1]) / (len(begun) - 2)


def _for_a_while(loader: Loader, begun: list[float]) -> Iterator[Batch]:
    """Batches until the time is over; notes when each was asked for."""
    begun.append(time.perf_counter())
    for batch in loader.batches(0, _MOST):
        yield batch
        begun.append(time.perf_counter())
        if len(begun) > 2 and begun[-1] - begun[1] > SECONDS:
            return


def duration(seconds: float) -> str:
    """For people: "40 seconds", "1 hour 20 minutes", "3 days 4 hours"."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} minutes"
    hours = round(minutes / 60)
    if hours < 48:
        return f"{minutes / 60:.1f} hours"
    return f"{hours // 24} days {hours % 24} hours"
