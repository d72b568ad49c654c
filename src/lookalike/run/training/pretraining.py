"""From a recipe to a trained encoder, in a folder that the same call goes on with."""

import signal
from pathlib import Path

import torch
from rich.console import Console
from torch.distributed.fsdp import FSDPModule

from lookalike import distributed
from lookalike.data.sources import Source
from lookalike.errors import Interrupted
from lookalike.export.encoder_folder import write_encoder
from lookalike.gallery.reconstructions import reconstructions_sheet
from lookalike.nn.encoder import Encoder
from lookalike.recipe.build import build_method
from lookalike.recipe.library import refuse_another
from lookalike.recipe.questions import read
from lookalike.recipe.schema import Recipe
from lookalike.run.ending import noted
from lookalike.run.folder import RunFolder
from lookalike.run.judging.any_run import evaluate_run
from lookalike.run.pages import write_pages
from lookalike.run.training.announcement import announce, warn
from lookalike.run.training.code import code_of
from lookalike.run.training.images import open_images, telling_losses
from lookalike.run.training.learning import Learning
from lookalike.run.training.memory import announce_memory
from lookalike.run.training.sameness import refuse_other_code, refuse_other_images
from lookalike.run.training.showing import show
from lookalike.run.training.work import Work, prepare
from lookalike.run.workers import count_workers
from lookalike.signals import StopFlag, stop_flag
from lookalike.training.room import check_room
from lookalike.training.runtime import choose_runtime
from lookalike.training.sharding import whole
from lookalike.views.presets import plain


def pretrain(
    recipe: Recipe,
    out: Path | str,
    *,
    device: str = "auto",
    workers: int | None = None,
    strict: bool = False,
    other_code: bool = False,
    evaluate: bool = True,
    track: str | None = None,
    console: Console | None = None,
) -> Path | None:
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
        other_code: go on with a run that other versions trained so far; its bytes may differ.
        evaluate: look at what the encoder makes of its images at the end, and judge it where there
            are labels.
        track: "wandb" or "mlflow", which get the numbers as well; nobody by default.
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
            silence = Console(quiet=True)
            cache = folder.cache if folder.data.exists() else None  # what the first one has kept
            source = open_images(recipe, silence, folder=folder, cache=cache)
            _follow(Learning(prepare(recipe, source, runtime, workers), folder, silence))
            return None
        refuse_another(folder.path, recipe)
        with folder.locked():
            source = open_images(recipe, console, folder=folder, cache=folder.cache, strict=strict)
            work = prepare(recipe, source, runtime, workers)
            learning = Learning(work, folder, console, track=track)
            _check(learning, source, other_code=other_code)
            with noted(folder.path):
                folder.begin(recipe, source)
                with telling_losses(source, console, lambda: folder.begin(recipe, source)):
                    _lead(learning)
    if evaluate:
        show(folder, learning.work.source, runtime, count_workers(workers), console)
    if source.classes and evaluate:
        asked = read(["knn", "linear"])
        evaluate_run(folder.path, asked, device=device, workers=workers, console=console)
    else:
        write_pages(folder.path)
        console.print(f"report: {folder.path / 'report.html'}", highlight=False)
    return folder.path


def _check(learning: Learning, source: Source, *, other_code: bool) -> None:
    """Whether this goes on with the run that is there, and its checkpoints fit on the disk."""
    work, folder, console = learning.work, learning.folder, learning.console
    before, now = folder.threads_before(), torch.get_num_threads()
    if before not in (None, now):  # sums in another order differ in the last bit
        console.print(f"this run had {before} threads and now has {now}: its bytes will differ")
    refuse_other_images(folder, source)
    if differs := refuse_other_code(folder, code_of(work.recipe), allowed=other_code):
        warn(console, differs)
    check_room(folder.checkpoints, (work.method, work.optimizer), learning.beside)


def _follow(learning: Learning) -> None:
    """Trains along with the first process."""
    done = learning.restore()
    with stop_flag() as stop:
        done = learning.go_on(done, stop)
        _whole_encoder(learning.work)
    _end_if_asked(learning.work, done, stop)


def _lead(learning: Learning) -> None:
    """From the newest checkpoint, or from the beginning, to the end or the first signal."""
    work, folder, console = learning.work, learning.folder, learning.console
    done = learning.restore()
    announce(work, folder, console, done)
    if done < work.updates:
        announce_memory(work, console)
    with stop_flag() as stop:
        done = learning.go_on(done, stop)
        write_encoder(_whole_encoder(work), folder.encoder, policy=work.recipe.plain)
        if not isinstance(work.method, FSDPModule):
            policy = plain(work.recipe.views[0])
            reconstructions_sheet(work.method, work.source, policy, folder.reconstructions)
    _end_if_asked(work, done, stop)


def _end_if_asked(work: Work, done: int, stop: StopFlag) -> None:
    """Processes leave together, so that none is taken for a failure while the first one saves."""
    if distributed.anyone(bool(stop), work.runtime.device):
        raise Interrupted(
            f"Stopped after update {done:,} of {work.updates:,}, and saved.",
            signal=stop.signal or signal.SIGTERM,  # or another process was asked to stop
            do="Type the same command to go on.",
        )


def _whole_encoder(work: Work) -> Encoder:
    """The encoder, put together again where its parameters are spread."""
    if not isinstance(work.method, FSDPModule):
        return work.method.kept
    weights = {name: whole(tensor) for name, tensor in work.method.state_dict().items()}
    method = build_method(work.recipe, work.source.channels, len(work.source.classes))
    method.load_state_dict(weights)
    return method.kept
