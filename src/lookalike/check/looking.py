"""From a plan of a run to what there is to know before it: looked at, told, and written."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lookalike.check.checking import check, open_sets
from lookalike.check.findings import Findings
from lookalike.check.outlook import duration, seconds_per_update
from lookalike.check.page import write_page
from lookalike.check.words import lines
from lookalike.data.sources import Source
from lookalike.errors import LookalikeError
from lookalike.recipe.estimate import estimate
from lookalike.recipe.look import look
from lookalike.recipe.plan import Plan
from lookalike.recipe.schema import Recipe

Advice = Callable[[Source, Recipe, int], Iterable[str]]


def look_at(
    plan: Plan,
    *,
    against: str | None,
    measure: bool,
    out: Path | None,
    device: str,
    workers: int,
    advise: Advice,
    console: Console,
) -> Findings:
    """Looks at the images of a plan, prints the findings and writes the page.

    Args:
        plan: of a run, with its data named.
        against: other images that should not be among these.
        measure: train for some seconds, too.
        out: of the page, or None.
        device: "auto", "cpu", "cuda" or "cuda:N".
        workers: processes that decode photos.
        advise: sentences on the views of a source, a recipe and so many workers.
        console: who is told.

    Raises:
        DataError: no picture can be read.
        StorageError: the page cannot be written.
    """
    place, limit = plan.data(), plan.draft.data.limit
    aside = Console(stderr=True, quiet=console.quiet, highlight=False)
    aside.print(f"reading {' and '.join(filter(None, (place, against)))}", markup=False)
    sets = open_sets(place, against, limit)
    every = sum(len(each.source) for each in sets.values())
    with _bar(aside) as bar:
        task = bar.add_task("looking at pictures", total=every)
        found = check(place, sets, plan.draft.views[0], lambda: bar.advance(task))
    train = next(iter(sets.values())).source
    outlook = tuple(_outlook(plan, train, device, workers, measure, advise))
    findings = replace(found, recipe=plan.base.name, outlook=outlook)
    for line in lines(findings):
        console.print(line)
    if out is not None:
        write_page(findings, {name: each.source for name, each in sets.items()}, out)
        aside.print(f"page: {out}", markup=False)
    return findings


def _bar(console: Console) -> Progress:
    """Shown on terminals, and gone in the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = console.is_terminal and sys.stderr.isatty()
    return Progress(
        *columns, TimeRemainingColumn(), console=console, transient=True, disable=not shown
    )


def _outlook(
    plan: Plan, train: Source, device: str, workers: int, measure: bool, advise: Advice
) -> Iterator[str]:
    """What a run will take; where it cannot begin, why not."""
    try:
        recipe, remarks = plan.recipe(device)
        yield from remarks
        yield from estimate(recipe, look(plan.data(), recipe.data.limit))
        if measure:
            yield _time(recipe, train, device, workers)
        yield from advise(train, recipe, workers)
    except LookalikeError as error:
        yield " ".join(str(error).split())


def _time(recipe: Recipe, train: Source, device: str, workers: int) -> str:
    each = seconds_per_update(recipe, train, device=device, workers=workers)
    updates = recipe.duration.steps(len(train) // recipe.batch)
    return (
        f"An update takes {each:.2f} s here, {recipe.batch / each:,.0f} images per second: "
        f"about {duration(each * updates)} in all."
    )
