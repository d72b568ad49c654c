"""Which runs took the same test, and whether they differ on it, from the guesses in their folders."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, cast, get_args

import torch
from jaxtyping import Bool
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lookalike.evaluation.comparing.comparison import Entry
from lookalike.evaluation.comparing.paired import Metric, class_weights, difference
from lookalike.evaluation.report import Guesses, Report


class Test(NamedTuple):
    """What two runs must share to be paired.

    Args:
        images: fingerprint of the test images' source.
        learnt: the images that the classifier learnt from.
        rows: the images of the source that were guessed, and their labels.
    """

    images: str
    learnt: str
    rows: bytes


class Sheet(NamedTuple):
    """What a run guessed, in the order of the test images."""

    report: Report
    test: Test
    guesses: Guesses

    @property
    def right(self) -> Bool[Tensor, " n"]:
        """Whether each guess is right."""
        return self.guesses.guess == self.guesses.label


def pair(reports: Mapping[str, tuple[Path, Report]], metric: str) -> dict[str, Entry]:
    """All runs in one evaluation, each paired with the best of those that took the same test.

    Args:
        reports: name of the run → its folder, and the report on its trained encoder.
        metric: that is compared; the best has the highest value.
    """
    sheets = {name: _sheet(folder, report, metric) for name, (folder, report) in reports.items()}
    estimates = {name: report.metrics[metric] for name, (_, report) in reports.items()}
    kept = {name: sheet for name, sheet in sheets.items() if isinstance(sheet, Sheet)}
    ranked = sorted(kept, key=lambda name: estimates[name].value, reverse=True)
    alike: dict[Test, list[str]] = {}
    for name in ranked:
        alike.setdefault(kept[name].test, []).append(name)

    def entry(name: str) -> Entry:
        sheet, estimate = sheets[name], estimates[name]
        if isinstance(sheet, str):
            return Entry(estimate, why=sheet)
        why = _apart(sheet, kept[ranked[0]], ranked[0])
        best, *others = alike[sheet.test]
        if name == best:
            return Entry(estimate, best if others else "", why=why)
        label, tested = sheet.guesses.label, cast(Metric, metric)
        found = difference(sheet.right, kept[best].right, label, tested)
        return Entry(estimate, best, found, why)

    return {name: entry(name) for name in reports}


def _sheet(folder: Path, report: Report, metric: str) -> Sheet | str:
    """What was guessed, or why nothing can be said of it."""
    if metric not in get_args(Metric):
        return f"{metric} is no share of single images that could be paired"
    path = folder / "evaluations" / f"{report.evaluation}.safetensors"
    if not path.exists():
        return "its guesses were not kept; evaluate it again to pair it"
    try:
        with safe_open(path, framework="pt") as file:
            images = (file.metadata() or {})["test"]
            guesses = Guesses(*map(file.get_tensor, ("image", "label", "guess-trained")))
    except (SafetensorError, OSError, KeyError):
        return f"{path.name} cannot be read; evaluate it again to pair it"
    guesses = Guesses(*(column[guesses.image.argsort()] for column in guesses[:3]))
    learnt = f"{report.how.get('training_images')}, {report.n_train:,} of them labelled"
    rows = torch.stack([guesses.image, guesses.label]).numpy().tobytes()
    sheet = Sheet(report, Test(images, learnt, rows), guesses)
    if abs(_value(sheet, metric) - report.metrics[metric].value) > 1e-6:
        return "its guesses are not those of its report; evaluate it again to pair it"
    return sheet


def _value(sheet: Sheet, metric: str) -> float:
    """The metric anew."""
    if metric == "top-1":
        return sheet.right.double().mean().item()
    return float((class_weights(sheet.guesses.label) * sheet.right).sum())


def _apart(sheet: Sheet, other: Sheet, name: str) -> str:
    """Why a run is not paired with another one, or "" if it can be."""
    own, others = (each.report.how.get("test_images") for each in (sheet, other))
    if sheet.test.images != other.test.images:
        words = "" if own == others else f": {own}, not {others}"
        return f"tested on other images than {name}{words}"
    if sheet.test.learnt != other.test.learnt:
        return (
            f"its classifier learnt from other images than that of {name}: "
            f"{sheet.test.learnt}, not {other.test.learnt}"
        )
    if sheet.test.rows != other.test.rows:
        return f"tested on other ones of the images than {name}"
    return ""
