"""From what a user types or calls to what is done: `lookalike.pretrain`, `lookalike views`.

The command line calls the same functions. They check all they can before torch is imported.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from lookalike.errors import UsageError
from lookalike.methods import METHODS
from lookalike.recipe.encoders import encoder_settings, kind_of
from lookalike.recipe.library import packaged, refuse_another
from lookalike.recipe.paths import check_images
from lookalike.recipe.plan import Plan
from lookalike.recipe.questions import read
from lookalike.views.presets import POLICIES

if TYPE_CHECKING:
    from lookalike.evaluation.report import Report
    from lookalike.run import Run


def pretrain(
    what: str | Path,
    *overrides: str,
    out: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    strict: bool = False,
    quiet: bool = False,
    **changes: Any,
) -> "Run | None":
    """Trains an encoder on images without labels, or goes on with a run.

    Under `torchrun` all processes train together, and only the first one returns the run.

    Args:
        what: a method ("simclr"), a packaged recipe ("simclr-cifar10"), a recipe's file or a run
            folder.
        overrides: changes of the recipe as on the command line, "method.temperature=0.2".
        out: the run folder; runs/NAME if it is not given.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos; the result does not depend on it.
        strict: stop at unreadable images instead of leaving them out.
        quiet: print nothing.
        changes: changes of the recipe as in its file: `data="photos/"`, `duration="20 epochs"`,
            `method={"temperature": 0.2}`, `views={"blur": None, "1": {"flip": 0.0}}`.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: the images cannot be used.
        StorageError: the folder cannot be written.
        NumericalError: the loss stopped being a finite number.
        Interrupted: a signal asked for it; the run is saved.
    """
    plan = Plan(str(what), overrides, changes, Path(out) if out else None)
    plan.data()
    first = os.environ.get("RANK", "0") == "0"  # of several processes, the one that speaks
    console = _console(quiet=quiet or not first)
    console.print(f"{what} → {plan.out}")
    recipe, remarks = plan.recipe(device)
    for remark in remarks:
        console.print(remark)
    if first:
        refuse_another(plan.out, recipe)

    from lookalike.recipe.estimate import parameters
    from lookalike.run import pretrain as start

    parameters(recipe)  # an unknown encoder is told before there is a folder
    return start(recipe, plan.out, device=device, workers=workers, strict=strict, console=console)


def evaluate(
    what: str | Path,
    *words: str,
    data: str | Path | None = None,
    out: str | Path | None = None,
    limit: int | None = None,
    size: int | None = None,
    seed: int = 0,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "list[Report]":
    """Evaluates an encoder on labelled images, beside an untrained one and raw pixels.

    Args:
        what: a run folder, an encoder folder, or an encoder's name ("resnet50").
        words: evaluations ("knn"), their settings ("knn.k=200"), and those of an encoder given by
            name ("encoder.weights=weights.pth"); knn and linear if none is named.
        data: labelled images; those of the run if not given.
        out: where the reports of an encoder that is no run go; runs/NAME if not given.
        limit: takes the first this many training images; a run's own number if not given.
        size: side of the view the encoder is tested on, in pixels; its own if not given.
        seed: of splits and draws.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: the images have no labels.
        StorageError: there is no encoder, or the folder cannot be written.
    """
    own = [word for word in words if word.startswith("encoder.")]
    questions = read([word for word in words if word not in own])
    kind = kind_of(str(what))
    if own and kind != "name":
        raise UsageError(f"{what} says itself what its encoder is.", do=f"Leave out {own[0]}.")
    if data is None and kind != "run":
        raise UsageError(
            f"{what} is no run, so it brings no images.",
            why="There is no such folder." if kind == "name" else "It is an encoder folder.",
            do="Add --data with labelled images, or name a run folder.",
        )
    if data is not None:
        check_images(str(data))
    console = _console(quiet=quiet)

    how: dict[str, Any] = {
        "limit": limit,
        "size": size,
        "seed": seed,
        "device": device,
        "console": console,
    }
    if kind == "run":
        from lookalike.run import Run

        return Run(Path(what)).evaluate(*words, data=data, workers=workers, **how)

    from lookalike.run.any_encoder import evaluate_encoder

    return evaluate_encoder(
        Path(what) if kind == "folder" else encoder_settings(str(what), own),
        questions,
        data=str(data),
        out=Path(out) if out else Path("runs") / Path(what).resolve().name,
        workers=workers,
        **how,
    )


def views(
    what: str,
    *overrides: str,
    data: str | None,
    out: Path,
    single: bool,
    rows: int,
    columns: int,
    seed: int | None,
    workers: int | None,
) -> None:
    """Shows what a method would see; the arguments are those of `lookalike views`.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: the images cannot be used.
        StorageError: the picture cannot be written.
    """
    if min(rows, columns) < 1:
        raise UsageError("A sheet has at least one row and one column.")
    if what in POLICIES and what not in METHODS and what not in packaged():
        what, overrides = next(iter(METHODS)), (f"views.preset={what}", *overrides)
    given = {"data": data, "seed": seed}
    plan = Plan(what, overrides, {key: value for key, value in given.items() if value is not None})
    plan.data()
    recipe, _ = plan.recipe("cpu")

    from lookalike.run.views import show_views

    show_views(
        recipe, out, rows=rows, columns=columns, single=single, workers=workers, console=_console()
    )


def _console(*, quiet: bool = False) -> Console:
    return Console(quiet=quiet, highlight=False, markup=False, emoji=False, soft_wrap=True)
