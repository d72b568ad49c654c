"""From a recipe to a trained encoder, in a folder that the same call goes on with."""

from contextlib import closing
from pathlib import Path

from rich.console import Console

from lookalike.data.ledger import counted
from lookalike.data.loading import Loader
from lookalike.data.sources import Source, open_source
from lookalike.errors import DataError, Interrupted, UsageError
from lookalike.evaluation.online import Health, OnlineKNN
from lookalike.export.encoder_folder import write_encoder
from lookalike.gallery.views_sheet import views_sheet
from lookalike.method import Method
from lookalike.recipe.build import build_method, build_optimizer, build_rate
from lookalike.recipe.library import refuse_another
from lookalike.recipe.schema import Recipe
from lookalike.run.folder import RunFolder
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
        source = _open(recipe, folder, strict, console)
        loader = Loader(
            source,
            recipe.views,
            batch=recipe.batch,
            seed=recipe.seed,
            device=runtime.device,
            workers=count_workers(workers),
        )
        method = runtime.place(build_method(recipe, source.channels))
        folder.begin(recipe, source)
        with stop_flag() as stop:
            _train(recipe, folder, method, source, loader, runtime, console, stop)
        write_encoder(method.encoder, folder.encoder, policy=recipe.views[0])
        folder.begin(recipe, source)
    run = Run(out)
    if source.classes:
        run.evaluate("knn", "linear", device=device, workers=workers, console=console)
    else:
        write_pages(run.path)
    console.print(f"done: {folder.path / 'report.html'}", highlight=False)
    return run


def _open(recipe: Recipe, folder: RunFolder, strict: bool, console: Console) -> Source:
    if recipe.data.path is None:
        raise UsageError(
            "The recipe does not say which images.",
            do="Add --data with a folder of images, a Parquet file or a named set.",
        )
    console.print(f"reading {recipe.data.path}", highlight=False)
    source = open_source(recipe.data.path, "train", cache=folder.cache, limit=recipe.data.limit)
    labels = "; labels are used only for scoring" if source.classes else ""
    console.print(f"{source.name}{labels}", highlight=False)
    if source.ledger.skipped:
        console.print(source.ledger.summary(), highlight=False)
        if strict:
            raise DataError(
                f"{counted(len(source.ledger.skipped), 'picture')} cannot be read.",
                do="Mend or remove them, or leave out --strict to train without them.",
            )
    return source


def _train(
    recipe: Recipe,
    folder: RunFolder,
    method: Method,
    source: Source,
    loader: Loader,
    runtime: Runtime,
    console: Console,
    stop: StopFlag,
) -> None:
    optimizer = build_optimizer(recipe, method)
    done = checkpoint.restore(folder.checkpoints, method, optimizer)
    epoch = loader.updates_per_epoch
    updates = recipe.duration.steps(epoch)
    _announce(recipe, method, runtime, console, done=done, updates=updates)
    if done >= updates:
        return

    def save(done: int) -> None:
        checkpoint.save(folder.checkpoints, done, method, optimizer)

    if done == 0:
        views_sheet(source, recipe.views, folder.views, seed=recipe.seed)
        console.print(f"what it will see: {folder.views}", highlight=False)
    with (
        closing(Records(folder.path, start=done, updates_per_epoch=epoch)) as records,
        closing(Bar(console, start=done, updates=updates, loader=loader)) as bar,
    ):
        saver = Saver(save, seconds=SECONDS_BETWEEN_SAVES, updates_per_epoch=epoch)
        watchers = _watchers(recipe, source, every=recipe.watch.steps(epoch), runtime=runtime)
        done = train(
            method,
            loader.batches(done, updates),
            optimizer,
            build_rate(recipe, epoch),
            runtime=runtime,
            seed=recipe.seed,
            start=done,
            updates=updates,
            clip=recipe.clip,
            monitors=[Basics(), *watchers, records, saver, bar],
            stop=stop,
        )
    if stop.signal is not None and done < updates:
        save(done)
        write_encoder(method.encoder, folder.encoder, policy=recipe.views[0])
        raise Interrupted(
            f"Stopped after update {done:,} of {updates:,}, and saved.",
            signal=stop.signal,
            do="Type the same command to go on.",
        )


def _watchers(recipe: Recipe, source: Source, *, every: int, runtime: Runtime) -> list[Monitor]:
    watchers: list[Monitor] = [Health(source, recipe.views, runtime, every=every)]
    if source.classes:
        watchers.append(OnlineKNN(source, plain(recipe.views[0]), runtime, every=every))
    return watchers


def _announce(
    recipe: Recipe, method: Method, runtime: Runtime, console: Console, *, done: int, updates: int
) -> None:
    encoder = method.encoder
    precision = str(runtime.precision).removeprefix("torch.")
    console.print(
        f"{encoder.name} with the {encoder.stem} stem for {encoder.size}-px views, "
        f"{encoder.features} features; on {runtime.device} in {precision}",
        highlight=False,
    )
    state = "continuing" if 0 < done < updates else "already done:" if done else "training for"
    where = f" from update {done:,}" if 0 < done < updates else ""
    console.print(
        f"{state}{where} {'of ' if where else ''}{updates:,} updates ({recipe.duration}) "
        f"of {recipe.batch} images",
        highlight=False,
    )
