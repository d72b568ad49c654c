"""Classes of new pictures, from a run's encoder and its linear probe."""

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import torch
from rich.console import Console
from torch import nn

from lookalike.data.loading import in_order
from lookalike.data.sources import Source
from lookalike.evaluation.features import embed, frozen
from lookalike.export.program import Classifying
from lookalike.files import replacing
from lookalike.run.finding.pictures import open_pictures
from lookalike.run.judging.classifier import classifier_of
from lookalike.run.load import load
from lookalike.run.workers import count_workers
from lookalike.training.runtime import Runtime, choose_runtime
from lookalike.views.policy import Policy

_BATCH = 256


class Prediction(NamedTuple):
    """What is thought of one picture.

    Args:
        image: its name.
        classes: the likeliest first, each with its probability; none of an unreadable one.
        problem: why it cannot be read, or "".
    """

    image: str
    classes: tuple[tuple[str, float], ...] = ()
    problem: str = ""

    def __str__(self) -> str:
        likely = ", ".join(f"{name} {100 * share:.1f} %" for name, share in self.classes)
        return f"{self.image}: {likely or f'cannot be read ({self.problem})'}"

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        likely = [{"class": name, "probability": share} for name, share in self.classes]
        problem = {"problem": self.problem} if self.problem else {}
        return {"image": self.image, "classes": likely, **problem}


def predict_run(
    run: Path,
    images: Sequence[str],
    *,
    top: int,
    data: str | None,
    device: str,
    workers: int | None,
    console: Console,
) -> Iterator[Prediction]:
    """Classifies pictures, some hundred at a time; the unreadable ones of each place come last.

    Everything is computed in float32, as exported classifiers do, which therefore agree.

    Args:
        run: the run folder.
        images: see `open_pictures`.
        top: how many classes are told of each picture.
        data: labelled images to fit the classifier to; see `classifier_of`.
        device: "auto", "cpu", "cuda" or "cuda:N".
        workers: processes that decode photos, or None for one per core.
        console: who is told about the classifier.

    Raises:
        DataError: there are no labels to learn from, or no picture can be read.
        StorageError: the run has no encoder.
    """
    pretrained, runtime = load(run), choose_runtime(device, "float32")
    fitted = classifier_of(
        run, pretrained, data=data, runtime=runtime, workers=workers, console=console
    )
    network = runtime.place(Classifying(pretrained.encoder, fitted.layer))
    for source in open_pictures(images, pretrained.encoder.channels):
        batches = _probabilities(network, source, pretrained.policy, runtime, workers)
        for rows, probability in batches:
            best = probability.topk(min(top, len(fitted.classes)), dim=1)
            for row, shares, numbers in zip(
                rows, best.values.tolist(), best.indices.tolist(), strict=True
            ):
                names = (fitted.classes[number] for number in numbers)
                yield Prediction(source.names[row], tuple(zip(names, shares, strict=True)))
        for name, reason in source.ledger.skipped.items():
            yield Prediction(name, problem=str(reason))


def _probabilities(
    network: nn.Module, source: Source, policy: Policy, runtime: Runtime, workers: int | None
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """The rows of the readable pictures of each batch, and the probabilities of the classes."""
    crew = count_workers(workers)
    for batch in in_order(source, policy, batch=_BATCH, device=runtime.device, workers=crew):
        with frozen(network):
            probability = embed(network, batch.views[0], runtime).cpu()
        yield batch.image.tolist(), probability


def written(predictions: Iterable[Prediction], path: Path, *, top: int) -> Iterator[Prediction]:
    """The predictions as they come; after the last one they stand in a file.

    Args:
        predictions: of pictures.
        path: ends in .csv (one line for each picture: image, class_1, probability_1, …, problem)
            or .json (a list of the same).
        top: how many classes each has at most.

    Raises:
        StorageError: the disk refused.
    """
    with replacing(path) as file, _text(file) as lines:
        before, after, row = _JSON if path.suffix == ".json" else _csv(top)
        lines.write(before)
        for number, each in enumerate(predictions):
            lines.write(row(each, number))
            yield each
        lines.write(after)


@contextlib.contextmanager
def _text(file: BinaryIO) -> Iterator[io.TextIOWrapper]:
    """UTF-8 text into an open file, which stays open."""
    lines = io.TextIOWrapper(file, encoding="utf-8", newline="")
    yield lines
    lines.detach()


Row = Callable[[Prediction, int], str]


def _json_row(prediction: Prediction, number: int) -> str:
    text = json.dumps(prediction.as_dict(), ensure_ascii=False)
    return f",\n{text}" if number else text


_JSON: tuple[str, str, Row] = ("[\n", "\n]\n", _json_row)


def _csv(top: int) -> tuple[str, str, Row]:
    def row(prediction: Prediction, _number: int) -> str:
        cells = [cell for name, share in prediction.classes for cell in (name, f"{share:.6f}")]
        empty = [""] * (2 * top - len(cells))
        return _line([prediction.image, *cells, *empty, prediction.problem])

    heads = (f"{what}_{i}" for i in range(1, top + 1) for what in ("class", "probability"))
    return _line(["image", *heads, "problem"]), "", row


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
