"""Evaluations of a run: always beside the untrained encoder and raw pixels."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
from rich.console import Console

from lookalike import files
from lookalike.data.labels import map_labels, split
from lookalike.data.sources import Source, available_splits, open_source
from lookalike.errors import DataError
from lookalike.evaluation.features import Features, extract, kept, pixels
from lookalike.evaluation.report import Report, evaluate, table
from lookalike.nn.encoder import Encoder
from lookalike.recipe.build import build_method
from lookalike.run.folder import RunFolder
from lookalike.run.load import load
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Policy
from lookalike.views.presets import plain

TEST_SHARE = 0.2
"""Of the images of each class, where the data has no test split of its own."""


class Subject(NamedTuple):
    """What is evaluated: a way to see a source, and what its features depend on."""

    name: str
    look: Callable[[Source], Features]
    depends: str


def evaluate_run(
    folder: RunFolder,
    names: Sequence[str],
    *,
    data: str | None,
    runtime: Runtime,
    seed: int,
    workers: int,
    console: Console,
) -> list[Report]:
    """Evaluates the run's encoder, an untrained one and raw pixels, and keeps the reports.

    Args:
        folder: of a run with an encoder.
        names: of evaluations.
        data: labelled images, or None for those of the run.
        runtime: where to compute the features.
        seed: of splits and draws.
        workers: processes that decode photos.
        console: where the table goes.

    Raises:
        DataError: there are no labels.
    """
    recipe = folder.read_recipe()
    policy = plain(recipe.views[0])
    trained = load(folder.path).encoder
    random = recipe.model_copy(update={"encoder": recipe.encoder | {"weights": False}})
    untrained = build_method(random, trained.channels, classes=1).encoder
    subjects = [
        Subject("pixels", lambda source: pixels(source, policy), repr(policy)),
        _encoder("untrained", untrained, policy, runtime, workers),
        _encoder("trained", trained, policy, runtime, workers),
    ]
    where = data or recipe.data.path or ""
    own = where == recipe.data.path
    limit = recipe.data.limit if own else None
    elsewhere = "" if own else f" on {Path(where).resolve().name}"
    train = open_source(where, "train", cache=folder.cache, limit=limit, channels=trained.channels)
    test = _test_source(where, train, folder)
    about = {"data": where, "training_images": train.name, "policy": repr(policy)}
    reports = []
    for subject in subjects:
        bank, queries = _features(subject, train, test, folder, seed)
        for name in names:
            console.print(f"evaluating {name} of {subject.name}", style="dim", highlight=False)
            report = evaluate(
                name,
                bank,
                queries,
                subject=subject.name,
                classes=len(train.classes),
                seed=seed,
                about=about | {"test_images": _test_words(test, seed)},
            )
            reports.append(replace(report, evaluation=name + elsewhere))
    _keep(folder, reports)
    console.print(table(reports))
    return reports


def _encoder(
    name: str, encoder: Encoder, policy: Policy, runtime: Runtime, workers: int
) -> Subject:
    weights = hashlib.sha256(safetensors.torch.save(encoder.state_dict())).hexdigest()
    placed = runtime.place(encoder)
    return Subject(
        name,
        lambda source: extract(placed, source, policy, runtime=runtime, workers=workers),
        f"{weights} {policy} {runtime.precision}",
    )


def _test_source(where: str, train: Source, folder: RunFolder) -> Source | None:
    """The data's own test split, labelled in the training split's classes; None if it has none."""
    if not train.classes:
        raise DataError(
            f"{where} has no labels, and evaluations need them.",
            why=f"Found {train.name}.",
            do="Add --data with labelled images: one folder per class, or a Parquet file.",
        )
    if "test" not in available_splits(where):
        return None
    test = open_source(where, "test", cache=folder.cache, channels=train.channels)
    test.label = map_labels(test.label, test.classes, train.classes)
    return test


def _test_words(test: Source | None, seed: int) -> str:
    carved = f"{TEST_SHARE:.0%} of each class of the training images, seed {seed}"
    return test.name if test else f"carved: {carved}"


def _features(
    subject: Subject, train: Source, test: Source | None, folder: RunFolder, seed: int
) -> tuple[Features, Features]:
    """Features of the training and the test images, computed once for each encoder and source."""
    whole = _kept(subject, train, folder)
    if test is not None:
        return whole, _kept(subject, test, folder)
    rest, part = split(whole.label, TEST_SHARE, seed)
    return tuple(Features(*(column[rows] for column in whole)) for rows in (rest, part))  # type: ignore[return-value]


def _kept(subject: Subject, source: Source, folder: RunFolder) -> Features:
    fingerprint = f"{subject.depends} {source.fingerprint}"
    path = folder.cache / f"features-{subject.name}-{source.fingerprint}.safetensors"
    return kept(path, fingerprint, lambda: subject.look(source))


def _keep(folder: RunFolder, reports: list[Report]) -> None:
    """One file for each evaluation, with all its subjects."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for report in reports:
        by_name.setdefault(report.evaluation, []).append(report.as_dict())
    for name, each in by_name.items():
        files.write_json(folder.evaluations / f"{name}.json", each)
