"""Evaluations of a run or of any encoder: always beside the untrained encoder and raw pixels."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import safetensors.torch
from rich.console import Console

from lookalike import files
from lookalike.data.labels import map_labels, split
from lookalike.data.opening import available_splits, open_source
from lookalike.data.sources import Source, chosen
from lookalike.errors import DataError
from lookalike.evaluation import NOT_OF_PIXELS, OF_FEATURES, OF_PROJECTIONS, WITHOUT_LABELS
from lookalike.evaluation.asking import evaluate, evaluate_images
from lookalike.evaluation.features import Features, extract, kept
from lookalike.evaluation.report import Report, table
from lookalike.evaluation.subject import PROJECTION, Pixels, Subject
from lookalike.nn.encoder import Encoder
from lookalike.recipe.questions import Question
from lookalike.run.judging.hardest import keep_hardest
from lookalike.training.runtime import Runtime

TEST_SHARE = 0.2
"""Of the images of each class, where the data has no test split of its own."""


@dataclass(frozen=True, kw_only=True)
class Exam:
    """The images, and all else that is the same for every subject.

    Args:
        train: labelled images.
        test: others, labelled in the classes of `train`.
        runtime: where to compute.
        seed: of splits and draws.
        workers: processes that decode photos.
        cache: folder that keeps features.
        about: what every report says of the images.
    """

    train: Source
    test: Source
    runtime: Runtime
    seed: int
    workers: int
    cache: Path
    about: dict[str, Any]


@dataclass(frozen=True)
class Sitting:
    """One subject takes the exam. Its features are computed once, when they are first needed."""

    subject: Subject
    exam: Exam

    def answer(self, question: Question) -> Report:
        """One evaluation."""
        exam, name = self.exam, question.name
        settings = {**question.settings, "seed": exam.seed}
        about = {**exam.about, "policy": repr(self.subject.policy)}
        if name in OF_FEATURES:
            train, test = self.features
            classes, subject = len(exam.train.classes), self.subject.name
            report = evaluate(
                name, train, test, subject=subject, classes=classes, about=about, **settings
            )
        else:
            report = evaluate_images(
                name,
                self.subject,
                exam.train,
                exam.test,
                exam.runtime,
                workers=exam.workers,
                about=about,
                **settings,
            )
        return replace(report, evaluation=question.title)

    @cached_property
    def features(self) -> tuple[Features, Features]:
        """Of the training and of the test images, from the cache if they are there."""
        return self._kept(self.exam.train), self._kept(self.exam.test)

    @cached_property
    def _depends(self) -> str:
        """All that features depend on but the images."""
        state = self.subject.encoder.state_dict()
        weights = {name: tensor.cpu().contiguous() for name, tensor in state.items()}
        digest = hashlib.sha256(safetensors.torch.save(weights)).hexdigest()
        return f"{digest} {self.subject.policy} {self.exam.runtime.precision}"

    def _kept(self, source: Source) -> Features:
        exam, subject = self.exam, self.subject
        path = exam.cache / f"features-{subject.name}-{source.fingerprint}.safetensors"
        return kept(
            path,
            f"{self._depends} {source.fingerprint}",
            lambda: extract(
                subject.encoder,
                source,
                subject.policy,
                runtime=exam.runtime,
                workers=exam.workers,
            ),
        )


def open_exam(
    where: str,
    subjects: Sequence[Subject],
    questions: Iterable[Question],
    *,
    runtime: Runtime,
    seed: int,
    workers: int,
    cache: Path,
    limit: int | None = None,
) -> Exam:
    """The images of an evaluation: a test set that nothing was ever chosen on.

    It is the data's own test split, or else carved from the training images, class by class. Classes
    are matched by name.

    Args:
        where: the data.
        subjects: who will sit it; their encoder says how many channels images have.
        questions: that will be asked; whether any of them needs labels.
        runtime: where to compute.
        seed: of the carving, and of splits and draws.
        workers: processes that decode photos.
        cache: folder that keeps small images and features.
        limit: takes the first this many training images.

    Raises:
        DataError: there are no labels, or a test image is of a class that was not trained on.
    """
    encoders = (subject.encoder for subject in subjects)
    channels = next((e.channels for e in encoders if isinstance(e, Encoder)), None)
    whole = open_source(where, "train", cache=cache, limit=limit, channels=channels)
    needs = any(question.name not in WITHOUT_LABELS for question in questions)
    if needs and not whole.classes:
        raise DataError(
            f"{where} has no labels, and evaluations need them.",
            why=f"Found {whole.name}.",
            do="Add --data with labelled images: one folder per class, or a Parquet file.",
        )
    if "test" in available_splits(where):
        train, words = whole, ""
        test = open_source(where, "test", cache=cache, channels=whole.channels)
        test.label = map_labels(test.label, test.classes, whole.classes)
        test.classes = whole.classes
    else:
        rest, part = split(whole.label, TEST_SHARE, seed)
        train, test = chosen(whole, rest), chosen(whole, part)
        words = f"carved: {TEST_SHARE:.0%} of each class of the training images, seed {seed}"
    if needs:
        train, test = _labelled(train, "training"), _labelled(test, "test")
    about = {
        "data": where,
        "training_images": train.name,
        "test_images": words or test.name,
        "test_fingerprint": test.fingerprint,
        "classes_without_test_images": _missing(test),
    }
    return Exam(
        train=train,
        test=test,
        runtime=runtime,
        seed=seed,
        workers=workers,
        cache=cache,
        about=about,
    )


def examine(
    subjects: Sequence[Subject],
    questions: Sequence[Question],
    exam: Exam,
    *,
    folder: Path,
    elsewhere: str,
    console: Console,
) -> list[Report]:
    """Every subject answers every question; the reports are kept and shown.

    Args:
        subjects: the baselines first.
        questions: evaluations and their settings.
        exam: the images.
        folder: where reports are kept.
        elsewhere: the data's name where it is not that of the run, else empty.
        console: where the table goes.
    """
    reports = []
    for subject in subjects:
        sitting = Sitting(subject, exam)
        for question in questions:
            if not _suits(question, subject):
                continue
            console.print(f"evaluating {question.title} of {subject.name}", style="dim")
            report = sitting.answer(question)
            name = f"{report.evaluation} on {elsewhere}" if elsewhere else report.evaluation
            reports.append(replace(report, evaluation=name))
    keep(folder, reports, exam.train.classes)
    keep_hardest(folder, reports, exam.test)
    console.print(table(reports))
    return reports


def _suits(question: Question, subject: Subject) -> bool:
    if subject.name == PROJECTION:
        return question.name in (*OF_PROJECTIONS, *OF_FEATURES)
    return not (question.name in NOT_OF_PIXELS and isinstance(subject.encoder, Pixels))


def _labelled(source: Source, part: str) -> Source:
    """Only the images with a label."""
    has = source.label >= 0
    if not has.any():
        raise DataError(
            f"None of the {len(source):,} {part} images has a label, and this evaluation needs them.",
            do="Put the images into one folder per class, or name another labelled set in --data.",
        )
    return source if has.all() else chosen(source, has.nonzero()[:, 0])


def _missing(test: Source) -> list[str]:
    present = set(test.label.tolist())
    return [name for number, name in enumerate(test.classes) if number not in present]


def keep(folder: Path, reports: list[Report], classes: Sequence[str] = ()) -> None:
    """One JSON file for each evaluation, with all its subjects, and their guesses beside it.

    Args:
        folder: of the run's evaluations.
        reports: whose `how` says the test images' fingerprint.
        classes: names of the classes, where all reports have the same.
    """
    by_name: dict[str, list[Report]] = {}
    for report in reports:
        by_name.setdefault(report.evaluation, []).append(report)
    for name, each in by_name.items():
        files.write_json(folder / f"{name}.json", [report.as_dict() for report in each])
        found = [(report.subject, report.guesses) for report in each if report.guesses]
        if found:
            first = found[0][1]
            tensors = {"image": first.image, "label": first.label}
            tensors |= {f"guess-{subject}": guesses.guess for subject, guesses in found}
            metadata = {"test": str(each[0].how["test_fingerprint"])}
            metadata["classes"] = json.dumps(classes)
            content = safetensors.torch.save(tensors, metadata=metadata)
            files.write_bytes(folder / f"{name}.safetensors", content)
