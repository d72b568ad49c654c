"""From a recipe to a trained encoder, in a folder that the same call goes on with."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from rich.console import Console
from torch.optim import Optimizer

from lookalike.data.loading import Loader
from lookalike.data.sources import Source
from lookalike.errors import Interrupted
from lookalike.evaluation.online import Health, OnlineKNN
from lookalike.export.encoder_folder import write_encoder
from lookalike.gallery.views_sheet import views_sheet
from lookalike.method import Method
from lookalike.recipe.build import build_method, build_optimizer, build_rate
from lookalike.recipe.library import refuse_another
from lookalike.recipe.schema import Recipe
from lookalike.run.folder import RunFolder
from lookalike.run.images import open_images
from lookalike.run.pages import write_pages
from lookalike.run.run import Run, count_workers
from lookalike.signals import StopFlag, stop_flag
from lookalike.training import checkpoint
from lookalike.training.loop import train
from lookalike.training.monitors import Basics, Monitor, Records, Saver
from lookalike.training.progress import Bar
from lookalike.training.runtime import Runtime, choose_runtime
from lookalike.views.presets import plain

SECONDS_BETWEEN_SAVES = 300.0


def pretrain(
    recipe: Recipe,
    out: Path | str,
    *,
    device: str = "auto",
    workers: int | None = None,
    strict: bool = False,
    console: Console | None = None,
) -> Run:
    """Trains `recipe` in the folder `out`, or goes on with what is there.

    Args:
        recipe: with its data named.
        out: the run folder; made if it is not there.
        device: "auto", "cpu", "cuda" or "cuda:N".
        workers: processes that decode photos, or None for one per core; the result does not
            depend on it.
        strict: stop at unreadable pictures instead of leaving them out.
        console: who is told about it; nobody by default.

    Raises:
        UsageError: the recipe does not fit the data, or the folder holds another run.
        DataError: the images cannot be used.
        StorageError: the folder cannot be written.
        NumericalError: the loss is no finite number any more.
        Interrupted: a signal came; the run is saved.
    """
    console = console or Console(quiet=True)
    runtime = choose_runtime(device, recipe.precision)
    folder = RunFolder(Path(out))
    refuse_another(folder.path, recipe)
    with folder.locked():
        source = open_images(recipe, console, cache=folder.cache, strict=strict)
        loader = Loader(
            source,
            recipe.views,
            batch=recipe.batch,
            seed=recipe.seed,
            device=runtime.device,
            workers=count_workers(workers),
        )
        method = runtime.place(build_method(recipe, source.channels))
        _remark_on_threads(folder, console)
        folder.begin(recipe, source)
        parts = _Parts(recipe, folder, source, loader, method, runtime, console)
        with stop_flag() as stop:
            _train(parts, stop)
        folder.begin(recipe, source)  # the ledger may have grown
    run = Run(folder.path)
    if source.classes:
        run.evaluate("knn", "linear", device=device, workers=workers, console=console)
    else:
        write_pages(run.path)
        console.print(f"report: {run.path / 'report.html'}", highlight=False)
    return run


class _Parts(NamedTuple):
    """What one execution is made of."""

    recipe: Recipe
    folder: RunFolder
    source: Source
    loader: Loader
    method: Method
    runtime: Runtime
    console: Console

    @property
    def updates(self) -> int:
        """In all."""
        return self.recipe.duration.steps(self.loader.updates_per_epoch)


def _remark_on_threads(folder: RunFolder, console: Console) -> None:
    """Sums in another order differ in the last bit, so a resumed run would not end the same."""
    before, now = folder.threads_before(), torch.get_num_threads()
    if before not in (None, now):
        console.print(f"this run had {before} threads and now has {now}: its bytes will differ")


def _train(parts: _Parts, stop: StopFlag) -> None:
    """From the newest checkpoint, or from the beginning, to the end or the first signal."""
    checkpoints, method, updates = parts.folder.checkpoints, parts.method, parts.updates
    optimizer = build_optimizer(parts.recipe, method)
    done = checkpoint.restore(checkpoints, method, optimizer)
    _announce(parts, done)
    if done < updates:
        save = partial(checkpoint.save, checkpoints, method=method, optimizer=optimizer)
        done = _loop(parts, optimizer, done, save, stop)
    write_encoder(method.encoder, parts.folder.encoder, policy=parts.recipe.views[0])
    if done < updates and stop.signal is not None:
        raise Interrupted(
            f"Stopped after update {done:,} of {updates:,}, and saved.",
            signal=stop.signal,
            do="Type the same command to go on.",
        )


def _loop(
    parts: _Parts,
    optimizer: Optimizer,
    start: int,
    save: Callable[[int], None],
    stop: StopFlag,
) -> int:
    """Trains with everybody watching, and saves at the end; returns the updates done."""
    recipe, loader, updates = parts.recipe, parts.loader, parts.updates
    epoch = loader.updates_per_epoch
    records = Records(parts.folder.path, start=start, updates_per_epoch=epoch)
    bar = Bar(parts.console, start=start, updates=updates, waited=lambda: loader.waited)
    saver = Saver(save, seconds=SECONDS_BETWEEN_SAVES, updates_per_epoch=epoch)
    with closing(records), closing(bar):
        done = train(
            parts.method,
            loader.batches(start, updates),
            optimizer,
            build_rate(recipe, epoch),
            runtime=parts.runtime,
            seed=recipe.seed,
            start=start,
            updates=updates,
            clip=recipe.clip,
            monitors=[Basics(), *_watchers(parts), records, saver, bar],
            stop=stop,
        )
        if saver.saved < done:
            save(done)
        return done


def _watchers(parts: _Parts) -> list[Monitor]:
    recipe, source, runtime = parts.recipe, parts.source, parts.runtime
    every = recipe.watch.steps(parts.loader.updates_per_epoch)
    watchers: list[Monitor] = [Health(source, recipe.views, runtime, every=every)]
    if source.classes:
        watchers.append(OnlineKNN(source, plain(recipe.views[0]), runtime, every=every))
    return watchers


def _announce(parts: _Parts, start: int) -> None:
    """What will happen, before the first step."""
    recipe, encoder, updates = parts.recipe, parts.method.encoder, parts.updates
    precision = str(parts.runtime.precision).removeprefix("torch.")
    parts.console.print(
        f"{encoder.name} with the {encoder.stem} stem for {encoder.size}-px views, "
        f"{encoder.features} features; on {parts.runtime.device} in {precision}",
        highlight=False,
    )
    length = f"{updates:,} updates of {recipe.batch} images ({recipe.duration})"
    if start == 0:
        views_sheet(parts.source, recipe.views, parts.folder.views, seed=recipe.seed)
        parts.console.print(f"what it will see: {parts.folder.views}", highlight=False)
        words = f"training for {length}"
    elif start < updates:
        words = f"continuing from update {start:,} of {length}"
    else:
        words = f"already done: {length}"
    parts.console.print(words, highlight=False)
