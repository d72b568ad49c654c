"""`lookalike.pretrain`."""

import os
from pathlib import Path
from typing import Any

from lookalike.recipe.library import refuse_another
from lookalike.recipe.plan import Plan
from lookalike.recipe.requests import check_least, check_track
from lookalike.start.console import console
from lookalike.start.trained import Run


def pretrain(
    what: str | Path,
    *overrides: str,
    out: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    strict: bool = False,
    other_code: bool = False,
    evaluate: bool = True,
    track: str | None = None,
    quiet: bool = False,
    **changes: Any,
) -> Run | None:
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
        other_code: go on with a run that other versions trained so far; its bytes may differ.
        evaluate: judge the encoder at the end where there are labels.
        track: "wandb" or "mlflow", which get the numbers of the training as well.
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
    check_least(0, workers=workers)
    check_track(track)
    plan = Plan(str(what), overrides, changes, Path(out) if out else None)
    plan.data()
    first = os.environ.get("RANK", "0") == "0"  # of several processes, the one that speaks
    told = console(quiet=quiet or not first)
    told.print(f"{what} → {plan.out}")
    recipe, remarks = plan.recipe(device)
    for remark in remarks:
        told.print(remark)
    if first:
        refuse_another(plan.out, recipe)

    from lookalike.recipe.estimate import parameters
    from lookalike.run import pretrain as start

    parameters(recipe)  # an unknown encoder or optimizer is told before there is a folder
    folder = start(
        recipe,
        plan.out,
        device=device,
        workers=workers,
        strict=strict,
        other_code=other_code,
        evaluate=evaluate,
        track=track,
        console=told,
    )
    return Run(folder) if folder else None
