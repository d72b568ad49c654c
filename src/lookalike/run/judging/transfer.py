"""The transfer suite: one encoder on many data sets, one table."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from lookalike.data.benchmarks import BENCHMARKS
from lookalike.data.benchmarks.download import CALLS
from lookalike.data.benchmarks.opening import open_benchmark, open_folder, present, wanted
from lookalike.data.benchmarks.parts import Parts
from lookalike.errors import DataError
from lookalike.evaluation.asking import judged
from lookalike.evaluation.metrics import Outcome
from lookalike.evaluation.report import Report
from lookalike.evaluation.subject import Subject
from lookalike.evaluation.transfers.transfer import transfer
from lookalike.evaluation.transfers.transfer_table import mean_table
from lookalike.nn.encoder import Encoder
from lookalike.run.folder import RunFolder
from lookalike.run.judging.evaluation import keep
from lookalike.run.judging.subjects import of_run
from lookalike.run.pages import write_pages
from lookalike.run.workers import count_workers
from lookalike.training.runtime import choose_runtime


def transfer_run(
    run: Path,
    root: Path,
    *,
    sets: Sequence[str],
    also: Sequence[str],
    download: bool,
    seed: int,
    device: str,
    workers: int | None,
    console: Console,
) -> list[Report]:
    """Judges a run's encoder, beside an untrained one and raw pixels, on every set.

    The reports go into the run folder as `evaluations/transfer to SET.json`.

    Args:
        run: the run folder.
        root: the folder in which the papers' sets lie.
        sets: names of BENCHMARKS; all that lie below `root` if there are none.
        also: any further labelled sets.
        download: ask torchvision for archives that are not there.
        seed: of what is held out or drawn.
        device: "auto", "cpu", "cuda" or "cuda:N".
        workers: processes that decode photos, or None for one per core.
        console: who is told about it.

    Raises:
        DataError: a set is not there or not whole, or there is none at all.
        StorageError: the run has no encoder yet.
    """
    folder = RunFolder(run)
    recipe = folder.read_recipe()
    runtime = choose_runtime(device, recipe.precision)
    reports: list[Report] = []
    with folder.locked():
        subjects = of_run(run, recipe, runtime, None)
        for parts in _opened(root, sets, also, subjects, folder.cache, seed, download=download):
            about = {**parts.about, "test_fingerprint": parts.test.fingerprint, "seed": seed}
            for subject in subjects:
                console.print(f"transfer of {subject.name} to {about['set']}", style="dim")
                outcome = transfer(
                    subject, parts, runtime, seed=seed, workers=count_workers(workers)
                )
                reports.append(_report(outcome, subject, parts, about))
        keep(folder.evaluations, reports)
        write_pages(run)
    console.print(mean_table(reports, root))
    return reports


def _opened(
    root: Path,
    sets: Sequence[str],
    also: Sequence[str],
    subjects: Sequence[Subject],
    cache: Path,
    seed: int,
    *,
    download: bool,
) -> Iterator[Parts]:
    """One set after the other, so that one alone is in memory."""
    there = [name for name in BENCHMARKS if present(name, root) or (download and name in CALLS)]
    if not (sets or there or also):
        raise DataError(
            f"None of the papers' sets is below {root}.",
            do=f"{wanted('cifar-10', root)} Or name other labelled sets with --also.",
        )
    channels = next(e.channels for _, e, _ in subjects if isinstance(e, Encoder))
    for name in sets or there:
        yield open_benchmark(
            name, root, channels=channels, seed=seed, cache=cache, download=download
        )
    for place in also:
        yield open_folder(place, channels=channels, seed=seed, cache=cache)


def _report(outcome: Outcome, subject: Subject, parts: Parts, about: dict[str, Any]) -> Report:
    seen = torch.arange(len(parts.test)) if outcome.seen is None else outcome.seen
    return judged(
        outcome,
        evaluation=f"transfer to {about['set']}",
        subject=subject.name,
        image=seen,
        label=parts.test.label[seen],
        n_train=len(parts.train) + len(parts.val),
        classes=len(parts.train.classes),
        how=about,
    )
