"""`lookalike.pretrain`: from what a user types or calls to a run.

The command line calls the same function. It checks all it can before torch is imported.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from lookalike.recipe.library import refuse_another
from lookalike.recipe.plan import Plan

if TYPE_CHECKING:
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
) -> "Run":
    """Trains an encoder on images without labels, or goes on with a run.

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
    console = Console(quiet=quiet, highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.print(f"{what} → {plan.out}")
    recipe, remarks = plan.recipe(device)
    for remark in remarks:
        console.print(remark)
    refuse_another(plan.out, recipe)

    from lookalike.recipe.estimate import parameters
    from lookalike.run import pretrain as start

    parameters(recipe)  # an unknown encoder is told before there is a folder
    return start(recipe, plan.out, device=device, workers=workers, strict=strict, console=console)
