"""Evaluations of an encoder that no run of ours trained: a folder, or a name with published weights."""

from pathlib import Path
from typing import Any

from rich.console import Console

from lookalike.evaluation.report import Report
from lookalike.recipe.questions import Question
from lookalike.run.judging.evaluation import examine, open_exam
from lookalike.run.judging.subjects import of_folder, of_name
from lookalike.run.workers import count_workers
from lookalike.training.runtime import choose_runtime


def evaluate_encoder(
    what: Path | dict[str, Any],
    questions: list[Question],
    *,
    data: str,
    out: Path,
    limit: int | None,
    size: int | None,
    seed: int,
    device: str,
    workers: int | None,
    console: Console,
) -> list[Report]:
    """Evaluates it beside the same architecture untrained, and raw pixels.

    Args:
        what: an encoder folder, or the arguments of `Encoder`.
        questions: evaluations and their settings.
        data: labelled images.
        out: folder for reports and features.
        limit: takes the first this many training images.
        size: side of the view it is tested on; None is its own, and 224 px for a name.
        seed: of splits and draws.
        device: "auto", "cpu", "cuda" or "cuda:N".
        workers: processes that decode photos, or None for one per core.
        console: who is told about it.

    Raises:
        UsageError: there is no such encoder.
        DataError: the images have no labels.
        StorageError: the folder holds no encoder, or `out` cannot be written.
    """
    runtime = choose_runtime(device)
    if isinstance(what, Path):
        subjects = of_folder(what, runtime, size)
    else:
        subjects = of_name(what, runtime, size)
    exam = open_exam(
        data,
        subjects,
        questions,
        runtime=runtime,
        seed=seed,
        workers=count_workers(workers),
        cache=out / "cache",
        limit=limit,
    )
    name = Path(data).resolve().name
    return examine(
        subjects, questions, exam, folder=out / "evaluations", elsewhere=name, console=console
    )
