"""Evaluations of what a run has trained."""

from pathlib import Path

from rich.console import Console

from lookalike.evaluation import OF_PROJECTIONS
from lookalike.evaluation.report import Report
from lookalike.recipe.questions import Question
from lookalike.run.folder import RunFolder
from lookalike.run.judging.evaluation import examine, open_exam
from lookalike.run.judging.subjects import of_projection, of_run
from lookalike.run.pages import write_pages
from lookalike.run.workers import count_workers
from lookalike.training.runtime import choose_runtime


def evaluate_run(
    path: Path,
    questions: list[Question],
    *,
    data: str | None = None,
    limit: int | None = None,
    size: int | None = None,
    projection: bool = False,
    baselines: bool = True,
    seed: int = 0,
    device: str,
    workers: int | None,
    console: Console,
) -> list[Report]:
    """Evaluates the encoder beside an untrained one and raw pixels; the report shows it, too.

    Args:
        path: of the run folder.
        questions: evaluations and their settings.
        data: labelled images; by default those of the run.
        limit: takes the first this many training images; by default as many as the run did, of its
            own images, and all of others.
        size: side of the view it is tested on; by default the recipe's.
        projection: judge z, what the method's projector makes of h, as well.
        baselines: judge raw pixels and the encoder before its training, too.
        seed: of splits and draws.
        device: "auto", "cpu", "cuda" or "cuda:N".
        workers: processes that decode photos, or None for one per core.
        console: who is told about it.

    Raises:
        UsageError: there is no run.
        DataError: the images have no labels.
        StorageError: the run has no encoder yet.
    """
    folder = RunFolder(path)
    recipe = folder.read_recipe()
    runtime = choose_runtime(device, recipe.precision)
    where = data or recipe.data.path or ""
    own = where == recipe.data.path
    with folder.locked():
        subjects = of_run(path, recipe, runtime, size)
        subjects = subjects if baselines else subjects[-1:]
        if projection or any(question.name in OF_PROJECTIONS for question in questions):
            z = of_projection(folder, recipe, runtime, subjects[-1].policy)
            subjects += [z] if z else []
        exam = open_exam(
            where,
            subjects,
            questions,
            runtime=runtime,
            seed=seed,
            workers=count_workers(workers),
            cache=folder.cache,
            limit=limit or (recipe.data.limit if own else None),
        )
        reports = examine(
            subjects,
            questions,
            exam,
            folder=folder.evaluations,
            elsewhere="" if own else Path(where).resolve().name,
            console=console,
        )
        write_pages(path)
    console.print(f"report: {path / 'report.html'}", highlight=False)
    return reports
