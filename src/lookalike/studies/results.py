"""What a study found, as a file: every value of every run, from which all tables and pictures come."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lookalike import __version__, files
from lookalike.errors import StorageError
from lookalike.record import read_record
from lookalike.studies.asking import value
from lookalike.studies.claims import Place, Value
from lookalike.studies.runs import Task
from lookalike.studies.study import Study


@dataclass(frozen=True)
class Results:
    """Args:
    study: its name.
    scale: "tiny", "small" or "paper".
    images: what the runs trained on, for people.
    values: one for each seed whose run is there.
    failed: why the runs at a place failed, where they did.
    minutes: of training, over all runs.
    made: when and on what machine and version.
    """

    study: str
    scale: str
    images: str
    values: dict[Place, list[Value]]
    failed: dict[Place, str]
    minutes: float
    made: dict[str, str]

    def write(self, path: Path) -> None:
        """As JSON.

        Raises:
            StorageError: it cannot be written.
        """
        content = asdict(self)
        content["values"] = [[*place, found] for place, found in self.values.items()]
        content["failed"] = [[*place, reason] for place, reason in self.failed.items()]
        files.write_json(path, content)

    @classmethod
    def read(cls, path: Path) -> "Results":
        """What `write` left.

        Raises:
            StorageError: the file is missing or something else.
        """
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            content["values"] = {
                (row, column): [Value(*each) for each in found]
                for row, column, found in content["values"]
            }
            content["failed"] = {(row, column): why for row, column, why in content["failed"]}
            return cls(**content)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"{path} does not hold the results of a study.", why=str(error)
            ) from error


def collect(
    name: str,
    study: Study,
    todo: Sequence[Task],
    failures: dict[Path, str],
    *,
    scale: str,
    images: str,
) -> Results:
    """Reads what the runs of a study left in their folders.

    Args:
        name: of the study.
        study: at one scale.
        todo: its runs.
        failures: folder of a run → why it failed.
        scale: name of the scale.
        images: what they trained on, for people.
    """
    values, failed = dict[Place, list[Value]](), dict[Place, str]()
    for at, entry in study.entries.items():
        own = [task for task in todo if task.words == entry.run]
        found = [value(task.out, entry.measure) for task in own if task.done]
        values[at] = [Value(*each) for each in found if each]
        reasons = [failures[task.out] for task in own if task.out in failures]
        if reasons:
            failed[at] = reasons[0]
    seconds = (read_record(task.out).training_seconds() or 0.0 for task in todo if task.done)
    return Results(name, scale, images, values, failed, sum(seconds) / 60, _made())


def _made() -> dict[str, str]:
    return {
        "date": date.today().isoformat(),
        "lookalike": __version__,
        "machine": f"{platform.system()} {platform.machine()}, no GPU",
    }
