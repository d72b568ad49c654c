"""`lookalike pretrain`: images → trained encoder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter


def command(
    what: str,
    /,
    *overrides: Annotated[str, Parameter(name="KEY=VALUE")],
    data: str | None = None,
    out: Path | None = None,
    batch: int | Literal["auto"] | None = None,
    seed: int | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    workers: int | None = None,
    strict: bool = False,
    other_code: bool = False,
    track: Literal["wandb", "mlflow"] | None = None,
    dry_run: bool = False,
    quiet: bool = False,
) -> None:
    """Train an encoder on images without labels.

    The same command again goes on where the last one stopped.

    $ lookalike pretrain simclr --data photos/
    $ lookalike pretrain simclr-cifar10 batch=512 duration="20 epochs" --dry-run
    $ lookalike pretrain runs/simclr-photos

    Args:
        what: a method, a packaged recipe (see: lookalike list), a recipe's file or a run folder.
        overrides: changes of the recipe, e.g. views.jitter.hue=0.1 or views.1.blur=null.
        data: a folder of images, a Parquet file or a named set.
        out: the run folder; runs/NAME if it is not given.
        batch: images per update; auto takes the largest power of two that fits into the memory, at most
            the recipe's own.
        seed: of everything drawn by chance.
        device: where to compute; auto takes a GPU if there is one.
        workers: processes that decode photos; the result does not depend on it.
        strict: stop at unreadable images instead of leaving them out.
        other_code: go on with a run that other versions trained so far; its bytes may differ.
        track: send the numbers to Weights & Biases or MLflow as well, as these are set up (needs the
            extra of that name); without it nothing is sent.
        dry_run: print the whole recipe and what it will take, and write nothing.
        quiet: print nothing.
    """
    given = {"data": data, "batch": batch, "seed": seed}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if dry_run:
        print(_preview(what, overrides, changes, out, device), end="")
        return
    from lookalike import start

    start.pretrain(
        what,
        *overrides,
        out=out,
        device=device,
        workers=workers,
        strict=strict,
        other_code=other_code,
        track=track,
        quiet=quiet,
        **changes,
    )


def _preview(
    what: str, overrides: tuple[str, ...], changes: Mapping[str, Any], out: Path | None, device: str
) -> str:
    """The recipe as a YAML file that `pretrain` takes, with what it will take as comments."""
    from lookalike import text
    from lookalike.recipe.plan import Plan

    plan = Plan(what, overrides, changes, out)
    recipe, remarks = plan.recipe(device)

    from lookalike.recipe.estimate import estimate, memory_needed
    from lookalike.recipe.look import look

    seen = look(recipe.data.path, recipe.data.limit) if recipe.data.path else None
    notes = [f"Run folder: {plan.out} (nothing was written).", *estimate(recipe, seen)]
    notes += memory_needed(recipe, seen, device)
    head = "".join(f"# {note}\n" for note in [*remarks, *notes])
    return head + text.dump(recipe.dump())
