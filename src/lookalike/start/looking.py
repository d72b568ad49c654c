"""`lookalike views` and `lookalike check`: images before a run."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import UsageError
from lookalike.methods import METHODS
from lookalike.recipe.library import packaged
from lookalike.recipe.paths import check_images
from lookalike.recipe.plan import Plan
from lookalike.recipe.requests import check_least
from lookalike.start.console import console
from lookalike.views.presets import POLICIES

if TYPE_CHECKING:
    from lookalike.check.findings import Findings
    from lookalike.data.sources import Source
    from lookalike.recipe.schema import Recipe


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
        raise UsageError(
            f"A sheet cannot have {rows} rows and {columns} columns.", do="Give 1 or more of each."
        )
    check_least(0, workers=workers)
    if what in POLICIES and what not in METHODS and what not in packaged():
        what, overrides = next(iter(METHODS)), (f"views.preset={what}", *overrides)
    given = {"data": data, "seed": seed}
    plan = Plan(what, overrides, {key: value for key, value in given.items() if value is not None})
    plan.data()
    recipe, _ = plan.recipe("cpu")

    from lookalike.run.views import show_views

    show_views(
        recipe, out, rows=rows, columns=columns, single=single, workers=workers, console=console()
    )


def check(
    data: str | Path,
    *,
    against: str | Path | None = None,
    recipe: str = "simclr",
    measure: bool = False,
    out: str | Path | None = None,
    limit: int | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "Findings":
    """Looks at images before a run, and says what it found.

    Args:
        data: a folder of images, a Parquet file or a named set; its splits are compared.
        against: other images that should not be among these, such as a test set.
        recipe: what to train: a method, a packaged recipe, a recipe's file or a run folder.
        measure: also train for some seconds, to say how long a run will take.
        out: also write a page with the pictures in question.
        limit: takes the first this many images of each set.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos in a run.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there is no picture that can be read.
        StorageError: the page cannot be written.
    """
    if against is not None:
        check_images(str(against))
        if Path(against).resolve() == Path(data).resolve():
            raise UsageError(f"{against} is what is checked.", do="Leave out --against.")
    plan = Plan(recipe, (), {"data": {"path": str(data), "limit": limit}})
    plan.data()

    from lookalike.check.looking import look_at
    from lookalike.run.workers import count_workers

    return look_at(
        plan,
        against=None if against is None else str(against),
        measure=measure,
        out=Path(out) if out else None,
        device=device,
        workers=count_workers(workers),
        advise=_advice,
        console=console(quiet=quiet),
    )


def _advice(source: "Source", recipe: "Recipe", workers: int) -> "Iterator[str]":
    """What two views of an image give away, where a recipe has two."""
    from lookalike.run.views import advice

    if len(recipe.views) > 1 and len(source) > 1:
        yield from advice(source, recipe.views, seed=recipe.seed, workers=workers)
