"""From the name of a study to its table, its figure and its verdicts."""

import importlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from rich.console import Console

from lookalike import files
from lookalike.errors import UsageError, did_you_mean
from lookalike.studies import STUDIES, outlook
from lookalike.studies.results import Results, collect
from lookalike.studies.runs import Task, missing, tasks, work
from lookalike.studies.scale import SCALES, Scale
from lookalike.studies.study import Study
from lookalike.studies.table import FORMS, as_text, verdicts


def find(name: str, scale: str) -> Study:
    """A study at a scale.

    Raises:
        UsageError: there is no such study or scale.
    """
    if name not in STUDIES:
        raise UsageError(f"There is no study {name}.", do=did_you_mean(name, STUDIES))
    if scale not in SCALES:
        raise UsageError(f"There is no scale {scale}.", do=did_you_mean(scale, SCALES))
    make = cast(Callable[[Scale], Study], importlib.import_module(STUDIES[name]).study)
    return make(SCALES[scale])


def perform(
    name: str,
    todo: Sequence[Task],
    out: Path,
    *,
    scale: str,
    images: str,
    jobs: int,
    console: Console,
) -> Results:
    """Makes the runs that are missing, then writes what was found.

    Args:
        name: of the study.
        todo: its runs.
        out: folder for results.json, the table and the figure.
        scale: name of the scale.
        images: what the runs train on, for people.
        jobs: runs at a time.
        console: who is told.

    Raises:
        Interrupted: a signal came; what was being trained is saved.
        StorageError: the folder cannot be written.
    """
    study, failures = find(name, scale), dict[Path, str]()
    console.print(f"{name}, {scale}: {outlook.before(todo, jobs=jobs)}")
    begun, count = time.monotonic(), len(missing(todo))
    for number, (task, failure) in enumerate(work(todo, jobs=jobs), 1):
        if failure:
            failures[task.out] = failure
        made = number - len(failures)
        left = outlook.remaining(time.monotonic() - begun, made, count - number)
        console.print(f"{number} of {count}: {task.out} {failure or 'done'}{left}")
    results = collect(name, study, todo, failures, scale=scale, images=images)
    results.write(out / "results.json")
    write(study, results, out)
    show(study, results, console)
    return results


def write(study: Study, results: Results, out: Path) -> None:
    """The table in all its forms, and the figure."""
    from lookalike.studies.figure import write_figure

    for ending, form in FORMS.items():
        files.write_text(out / f"table.{ending}", form(study, results) + "\n")
    for ending in ("png", "svg"):
        write_figure(study, results, out / f"figure.{ending}")


def show(study: Study, results: Results, console: Console) -> None:
    """The table and what became of the paper's claims."""
    console.print(as_text(study, results), *verdicts(study, results), sep="\n")
    for place, reason in results.failed.items():
        console.print(f"failed at {' / '.join(place)}: {reason}")


__all__ = ["find", "perform", "show", "tasks", "write"]
