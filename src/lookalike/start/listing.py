"""`lookalike.runs`: how the runs below a folder stand, read from their files without torch."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from lookalike import text
from lookalike.errors import UsageError
from lookalike.files import nearby, read_json
from lookalike.lock import holder
from lookalike.recipe.units import Duration

State = Literal["running", "done", "stopped", "interrupted", "failed"]

_NEEDED = re.compile(r"^(?:method|encoder|data|batch|duration):.*\n(?:[ -].*\n)*", re.MULTILINE)
"""The part of a recipe that is shown: the views, which are most of it, take long to read."""


_MAKE = "Name another folder, or train one: lookalike pretrain simclr --data photos/"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a run stands; None is what its folder does not say.

    Args:
        path: of the run folder.
        state: "running", "done", "stopped" by a signal (and saved), "interrupted" by a kill or a
            crash of the machine, or "failed".
        why: of what was stopped or failed, in a sentence.
        method: its name.
        encoder: its name.
        data: where the images are.
        updates: done.
        updates_in_all: of the whole training.
        best_knn: online kNN accuracy at its best look, from 0 to 1.
        last_knn: the same at its last look.
        linear: accuracy of the linear evaluation, from 0 to 1.
        seconds: of training.
    """

    path: Path
    state: State
    why: str
    method: str | None
    encoder: str | None
    data: str | None
    updates: int
    updates_in_all: int | None
    best_knn: float | None
    last_knn: float | None
    linear: float | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self) | {"path": str(self.path)}


def runs(folder: str | Path = "runs") -> list[Standing]:
    """All runs in a folder and the folders in it, by their paths.

    Raises:
        UsageError: there is no such folder, or no run in it.
    """
    root = Path(folder)
    if not root.is_dir():
        why = "It is a file." if root.exists() else "There is no such folder."
        raise UsageError(f"There are no runs in {root}.", why=why, do=nearby(str(root)) or _MAKE)
    found = [_standing(run) for run in sorted(_run_folders(root))]
    if not found:
        why = "No folder in it has a recipe.yaml."
        raise UsageError(f"There are no runs in {root}.", why=why, do=_MAKE)
    return found


def _run_folders(root: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(root):
        if "recipe.yaml" in names:
            below.clear()  # what a run holds is its own
            yield Path(folder)
        below[:] = [name for name in below if not name.startswith(".")]


def _standing(run: Path) -> Standing:
    recipe, metrics = _recipe(run), _bytes(run / "metrics.jsonl")
    updates, epoch = _progress(metrics)
    in_all = _updates_in_all(recipe.get("duration"), updates, epoch)
    state, why = _state(run, complete=in_all is not None and updates >= in_all)
    knn, speeds = _numbers(metrics, "knn"), _numbers(metrics, "images_per_second")
    batch = recipe.get("batch")
    return Standing(
        path=run,
        state=state,
        why=why,
        method=_inside(recipe, "method", "name"),
        encoder=_inside(recipe, "encoder", "name"),
        data=_inside(recipe, "data", "path"),
        updates=updates,
        updates_in_all=in_all,
        best_knn=max(knn, default=None),
        last_knn=knn[-1] if knn else None,
        linear=_linear(run),
        seconds=sum(batch / speed for speed in speeds if speed) if isinstance(batch, int) else 0.0,
    )


def _state(run: Path, *, complete: bool) -> tuple[State, str]:
    """What is noted at the end of a training counts once nobody works in the folder any more."""
    end = _json(run / "end.json")
    state, why = _inside(end, "state"), str(_inside(end, "why") or "")
    if state == "done" or (state is None and complete and (run / "encoder").is_dir()):
        return "done", ""
    if holder(run):
        return "running", ""
    if state == "stopped":
        return "stopped", why
    return ("failed", why) if state == "failed" else ("interrupted", "")


def _recipe(run: Path) -> dict[str, Any]:
    """What is needed of the recipe; nothing of one that cannot be read."""
    try:
        needed = "".join(_NEEDED.findall((run / "recipe.yaml").read_text(encoding="utf-8")))
        recipe = text.load(needed, "recipe.yaml")
    except (OSError, UnicodeDecodeError, UsageError):
        return {}
    return recipe if isinstance(recipe, dict) else {}


def _progress(metrics: bytes) -> tuple[int, float]:
    """Updates and epochs done, by the last whole line."""
    last = metrics[: metrics.rfind(b"\n") + 1].rstrip().rpartition(b"\n")[2]
    try:
        row = json.loads(last)
        return int(row["update"]) + 1, float(row["epoch"])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return 0, 0.0


def _updates_in_all(duration: Any, updates: int, epochs: float) -> int | None:
    """Of epochs only a run that has begun knows how many updates they have."""
    try:
        whole = Duration.parse(duration)
    except ValueError:
        return None
    if whole.unit == "epochs" and not epochs:
        return None
    return whole.steps(round(updates / epochs) if epochs else 0)


def _numbers(metrics: bytes, name: str) -> list[float]:
    """The values of a metric in their order, found without reading each line as JSON."""
    return [float(x) for x in re.findall(rb'"%b": ([0-9.e+-]+)' % name.encode(), metrics)]


def _linear(run: Path) -> float | None:
    """The first metric of the trained encoder."""
    reports = _json(run / "evaluations" / "linear.json")
    for report in reports if isinstance(reports, list) else []:
        metrics = _inside(report, "metrics")
        if _inside(report, "subject") == "trained" and isinstance(metrics, dict) and metrics:
            value = _inside(next(iter(metrics.values())), "value")
            return float(value) if isinstance(value, int | float) else None
    return None


def _inside(tree: Any, *keys: str) -> Any:
    """A value by its path, or None."""
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def _json(path: Path) -> Any:
    """What a file says; None where it is missing or damaged."""
    try:
        return read_json(path)
    except (OSError, ValueError):
        return None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
