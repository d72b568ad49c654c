"""What a run left in its folder, read back for people: for the report and the model card.

Any file may be missing, and no damaged file keeps the others from being read: what could not be read
is noted in a sentence.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from lookalike.errors import UsageError
from lookalike.evaluation.report import Report
from lookalike.text import load

T = TypeVar("T")


@dataclass(frozen=True)
class Record:
    """Args:
    path: the folder.
    recipe: the resolved recipe, {} where it is missing.
    recipe_text: the same as it stands in the file.
    metrics: one row for each update, in their order; a row may lack any key but "update", and
        holds finite numbers only.
    alarms: what was told while training: "update", "epoch", "kind" and "text" each.
    evaluations: one report for each evaluation and subject.
    ledger: what became of every image found.
    environment: machine and software.
    notes: sentences about files that could not be read.
    """

    path: Path
    recipe: dict[str, Any]
    recipe_text: str
    metrics: list[dict[str, float]]
    alarms: list[dict[str, Any]]
    evaluations: list[Report]
    ledger: dict[str, Any]
    environment: dict[str, Any]
    notes: list[str]

    @property
    def name(self) -> str:
        """The name of the run for people."""
        return self.path.resolve().name

    def setting(self, *keys: str) -> Any:
        """A value of the recipe by its path, or None."""
        value: Any = self.recipe
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    @property
    def lost(self) -> int:
        """How many pictures were skipped: the books count all of them and name the first."""
        reasons = self.ledger.get("reasons")
        if isinstance(reasons, dict):
            return sum(int(number) for number in reasons.values() if _is_number(number))
        return len(self.ledger.get("skipped") or ())

    def training_seconds(self) -> float | None:
        """How long the training took, or None where it was not measured."""
        speeds = [row["images_per_second"] for row in self.metrics if row.get("images_per_second")]
        batch = self.recipe.get("batch")
        if not (speeds and _is_number(batch)):
            return None
        return sum(batch / speed for speed in speeds)

    def training_time(self) -> str:
        """The same for people, or ""."""
        seconds = self.training_seconds()
        return "" if seconds is None else _spoken(seconds)

    def last(self, key: str) -> float | None:
        """The newest value of a metric, or None."""
        return next((row[key] for row in reversed(self.metrics) if key in row), None)


def read_record(path: Path) -> Record:
    """Reads the files of a run, or of an encoder from elsewhere that was evaluated.

    Raises:
        UsageError: `path` is the folder of neither.
    """
    if not any((path / name).exists() for name in ("recipe.yaml", "metrics.jsonl", "evaluations")):
        raise UsageError(
            f"{path} is not the folder of a run.",
            why="It holds neither recipe.yaml nor metrics.jsonl nor evaluations.",
            do="Give the folder that `lookalike pretrain` wrote.",
        )
    notes: list[str] = []
    return Record(
        path=path,
        recipe=_read(path / "recipe.yaml", _recipe, {}, notes),
        recipe_text=_read(path / "recipe.yaml", str, "", []),
        metrics=_metrics(path / "metrics.jsonl", notes),
        alarms=_alarms(path / "alarms.jsonl", notes),
        evaluations=_evaluations(path / "evaluations", notes),
        ledger=_read(path / "ledger.json", json.loads, {}, notes),
        environment=_read(path / "environment.json", json.loads, {}, notes),
        notes=notes,
    )


def flatten(tree: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of nested mappings and lists under dotted names, as the command line writes them."""
    if isinstance(tree, dict) and tree:
        pairs = [(str(key), value) for key, value in tree.items()]
    elif isinstance(tree, list) and any(isinstance(item, dict | list) for item in tree):
        pairs = [(str(i), value) for i, value in enumerate(tree)]
    else:
        yield prefix, tree
        return
    for key, value in pairs:
        yield from flatten(value, f"{prefix}.{key}" if prefix else key)


def _read(path: Path, parse: Callable[[str], Any], empty: T, notes: list[str]) -> T:
    """The parsed content, or `empty` where the file is missing or, which is noted, damaged."""
    try:
        content = parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return empty
    except (OSError, ValueError, RecursionError, UsageError) as error:
        notes.append(f"{path.name} could not be read: {error}")
        return empty
    if not isinstance(content, type(empty)):
        notes.append(f"{path.name} does not hold what it should.")
        return empty
    return content


def _recipe(content: str) -> Any:
    return load(content, "recipe.yaml")


def _metrics(path: Path, notes: list[str]) -> list[dict[str, float]]:
    """The rows in the order of their updates; lines that are no rows are counted in a note.

    A last line without its end is still being written, which is no damage.
    """
    text = _read(path, str, "", notes)
    rows: dict[int, dict[str, float]] = {}
    bad = 0
    for line in text[: text.rfind("\n") + 1].splitlines():
        try:
            row = json.loads(line)
            numbers = {name: value for name, value in row.items() if _is_number(value)}
            rows.setdefault(int(numbers["update"]), {}).update(numbers)
        except (ValueError, AttributeError, KeyError, RecursionError):
            bad += 1
    if bad:
        notes.append(f"{path.name}: {bad} of its lines could not be read.")
    return [rows[update] for update in sorted(rows)]


def _alarms(path: Path, notes: list[str]) -> list[dict[str, Any]]:
    """Those that can be read, whole or not at all."""
    text = _read(path, str, "", notes)
    try:
        rows = [json.loads(line) for line in text.splitlines()]
        known = {"update": int, "epoch": float, "kind": str, "text": str}
        return [{name: kind(row[name]) for name, kind in known.items()} for row in rows]
    except (ValueError, TypeError, KeyError, RecursionError):
        notes.append(f"{path.name} does not hold what it should.")
        return []


def _spoken(seconds: float) -> str:
    """A time in its two largest units."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _evaluations(folder: Path, notes: list[str]) -> list[Report]:
    reports: list[Report] = []
    nothing: list[Any] = []
    for path in sorted(folder.glob("*.json")):
        try:
            reports += [_report(each) for each in _read(path, json.loads, nothing, notes)]
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            notes.append(f"{path.name} does not hold evaluations: {error!r}")
    return reports


def _report(content: Any) -> Report:
    report = Report.from_dict(content)
    found = report.metrics.values()
    if not all(_is_number(x) for e in found for x in (e.value, e.low, e.high)):
        raise ValueError("a metric is not a number")
    return report
