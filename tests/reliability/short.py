"""Trainings of a few epochs on 256 small pictures, in this process."""

from collections.abc import Callable, Sequence

from lookalike.data.loading import Loader
from lookalike.data.opening import open_source
from lookalike.data.sources import Images, Source
from lookalike.errors import NumericalError
from lookalike.method import Method
from lookalike.recipe.build import build_method, build_optimizer, build_rate
from lookalike.recipe.plan import Plan
from lookalike.recipe.schema import Recipe
from lookalike.training.loop import train
from lookalike.training.monitors import Monitor
from lookalike.training.runtime import Runtime, choose_runtime

BATCH, PER_EPOCH = 32, 8

Watchers = Callable[[Recipe, Source, Runtime], Sequence[Monitor]]


def train_shortly(
    what: str,
    *changes: str,
    watchers: Watchers,
    epochs: int = 3,
    seed: int = 0,
    times: float = 1.0,
    blank: bool = False,
    data: str = "digits",
) -> list[str]:
    """What is said before the first update, and the error that ended the training.

    Args:
        what: a recipe; its encoder is made narrow, if it has a width.
        changes: of the recipe.
        watchers: makes the monitors.
        epochs: of eight updates.
        seed: of the run.
        times: factor of the rate.
        blank: whether all pictures are grey.
        data: named images.
    """
    small = () if what.startswith("mae") else ("encoder.width=1",)
    given = (f"batch={BATCH}", "warmup=1 epoch", f"duration={epochs} epochs", f"seed={seed}")
    recipe = Plan(what, (*small, *given, *changes), {"data": data}).draft
    source, runtime = (
        open_source(data, "train", limit=BATCH * PER_EPOCH),
        choose_runtime("cpu", "float32"),
    )
    if blank:
        assert isinstance(source, Images)
        source.images.fill_(128)
    method = build_method(recipe, source.channels, len(source.classes))
    said = method.remarks()
    try:
        _train(recipe, method, source, runtime, watchers(recipe, source, runtime), epochs, times)
    except NumericalError as error:
        said.append(str(error))
    return said


def _train(
    recipe: Recipe,
    method: Method,
    source: Source,
    runtime: Runtime,
    monitors: Sequence[Monitor],
    epochs: int,
    times: float,
) -> None:
    loader = Loader(source, recipe.views, batch=BATCH, seed=recipe.seed, device=runtime.device)
    rate, updates = build_rate(recipe, PER_EPOCH), epochs * PER_EPOCH
    train(
        method,
        loader.batches(0, updates),
        build_optimizer(recipe, method),
        lambda update: times * rate(update),
        runtime=runtime,
        seed=recipe.seed,
        start=0,
        updates=updates,
        monitors=monitors,
    )
