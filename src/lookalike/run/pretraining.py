"""From a recipe to a trained encoder, in a folder that the same call goes on with."""

import signal
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import torch
from rich.console import Console
from torch.distributed.fsdp import FSDPModule

from lookalike import distributed
from lookalike.errors import Interrupted
from lookalike.evaluation.watching.alarm import Alarm
from lookalike.evaluation.watching.held_out import OnlineProbe
from lookalike.export.encoder_folder import write_encoder
from lookalike.gallery.reconstructions import reconstructions_sheet
from lookalike.nn.encoder import Encoder
from lookalike.recipe.build import build_method, build_rate
from lookalike.recipe.library import refuse_another
from lookalike.recipe.schema import Recipe
from lookalike.run.announcement import announce, warn
from lookalike.run.folder import RunFolder
from lookalike.run.images import open_images
from lookalike.run.pages import write_pages
from lookalike.run.run import Run
from lookalike.run.watching import beside, online_probe, watchers_of
from lookalike.run.work import Work, prepare
from lookalike.signals import StopFlag, stop_flag
from lookalike.training import checkpoint
from lookalike.training.loop import train
from lookalike.training.monitors import Basics, Monitor, Records, Saver
from lookalike.training.progress import Bar
from lookalike.training.runtime import choose_runtime
from lookalike.training.sharding import whole
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
) -> Run | None:
    """Trains `recipe` in the folder `out`, or goes on with what is there.

    Under `torchrun` all processes train together. The first one writes the folder, evaluates and
    speaks; the others need the images, and return None.

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
    with distributed.together(runtime.device):
        if distributed.rank() > 0:
            source = open_images(recipe, Console(quiet=True))
            _follow(prepare(recipe, source, runtime, workers), folder)
            return None
        refuse_another(folder.path, recipe)
        with folder.locked():
            source = open_images(recipe, console, cache=folder.cache, strict=strict)
            work = prepare(recipe, source, runtime, workers)
            _remark_on_threads(folder, console)
            folder.begin(recipe, source)
            _lead(work, folder, console)
            folder.begin(recipe, source)  # the ledger may have grown
    run = Run(folder.path)
    if source.classes:
        run.evaluate("knn", "linear", device=device, workers=workers, console=console)
    else:
        write_pages(run.path)
        console.print(f"report: {run.path / 'report.html'}", highlight=False)
    return run


def _remark_on_threads(folder: RunFolder, console: Console) -> None:
    """Sums in another order differ in the last bit, so a resumed run would not end the same."""
    before, now = folder.threads_before(), torch.get_num_threads()
    if before not in (None, now):
        console.print(f"this run had {before} threads and now has {now}: its bytes will differ")


def _follow(work: Work, folder: RunFolder) -> None:
    """Trains along with the first process."""
    done = checkpoint.restore(folder.checkpoints, work.method, work.optimizer)
    with stop_flag() as stop:
        if done < work.updates:
            _learn(work, folder, done, [], stop, {})
    _whole_encoder(work)


def _lead(work: Work, folder: RunFolder, console: Console) -> None:
    """From the newest checkpoint, or from the beginning, to the end or the first signal."""
    probe = online_probe(work)
    done = checkpoint.restore(folder.checkpoints, work.method, work.optimizer, beside=beside(probe))
    announce(work, folder, console, done)
    with stop_flag() as stop:
        if done < work.updates:
            done = _watched(work, folder, console, done, stop, probe)
    write_encoder(_whole_encoder(work), folder.encoder, policy=work.recipe.plain)
    if not isinstance(work.method, FSDPModule):
        policy = plain(work.recipe.views[0])
        reconstructions_sheet(work.method, work.source, policy, folder.reconstructions)
    if done < work.updates:
        raise Interrupted(
            f"Stopped after update {done:,} of {work.updates:,}, and saved.",
            signal=stop.signal or signal.SIGTERM,  # or another process was asked to stop
            do="Type the same command to go on.",
        )


def _whole_encoder(work: Work) -> Encoder:
    """The encoder, put together again where its parameters are spread."""
    if not isinstance(work.method, FSDPModule):
        return work.method.encoder
    weights = {name: whole(tensor) for name, tensor in work.method.state_dict().items()}
    method = build_method(work.recipe, work.source.channels, len(work.source.classes))
    method.load_state_dict(weights)
    return method.encoder


def _watched(
    work: Work,
    folder: RunFolder,
    console: Console,
    start: int,
    stop: StopFlag,
    probe: OnlineProbe | None,
) -> int:
    """Trains with everybody watching; returns the updates done."""
    epoch = work.loader.updates_per_epoch
    records = Records(folder.path, start=start, updates_per_epoch=epoch)
    bar = Bar(console, start=start, updates=work.updates, waited=lambda: work.loader.waited)
    alarm = Alarm(partial(warn, console), updates_per_epoch=epoch)
    with closing(records), closing(bar):
        watchers = [Basics(), *watchers_of(work, probe), alarm, records, bar]
        return _learn(work, folder, start, watchers, stop, beside(probe))


def _learn(
    work: Work,
    folder: RunFolder,
    start: int,
    monitors: Sequence[Monitor],
    stop: StopFlag,
    others: dict[str, checkpoint.Learner],
) -> int:
    """The loop, with what it saves on the way and at the end; returns the updates done."""
    recipe, loader = work.recipe, work.loader
    save = partial(
        checkpoint.save,
        folder.checkpoints,
        method=work.method,
        optimizer=work.optimizer,
        beside=others,
    )
    epoch = loader.updates_per_epoch
    saver = Saver(save, seconds=SECONDS_BETWEEN_SAVES, updates_per_epoch=epoch)
    done = train(
        work.method,
        loader.batches(start, work.updates),
        work.optimizer,
        build_rate(recipe, epoch),
        runtime=work.runtime,
        seed=recipe.seed,
        start=start,
        updates=work.updates,
        piece=recipe.piece,
        clip=recipe.clip,
        monitors=[*monitors, saver],
        stop=stop,
    )
    if saver.saved < done:
        save(done)
    return done
