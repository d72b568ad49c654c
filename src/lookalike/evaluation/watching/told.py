"""`alarms.jsonl`: what was told of a run while it trained."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lookalike import files
from lookalike.evaluation.watching.diagnosis import Finding

NAME = "alarms.jsonl"


class Told:
    """Says each kind of finding once in a run, and writes it down.

    A line holds "update" (its number, from 0), "epoch", "kind" and "text".

    Args:
        folder: of the run.
        say: takes the sentence.
        start: the first update to come; what was told of it and later ones is from a lost future.
        updates_per_epoch: to write the epoch beside the update.
    """

    def __init__(
        self, folder: Path, say: Callable[[str], None], *, start: int, updates_per_epoch: int
    ) -> None:
        self._path, self._say, self._length = folder / NAME, say, updates_per_epoch
        self._rows = [row for row in _rows(self._path) if row["update"] < start]

    def __call__(self, finding: Finding, update: int) -> None:
        """Tells what was found after an update, unless its kind has been told."""
        if any(row["kind"] == finding.kind for row in self._rows):
            return
        epoch = round((update + 1) / self._length, 4)
        self._rows.append({"update": update, "epoch": epoch, **finding._asdict()})
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in self._rows]
        files.write_text(self._path, "".join(lines))
        self._say(finding.text)


def _rows(path: Path) -> list[dict[str, Any]]:
    """Nothing where the file was changed so that it cannot be read: then all is told anew."""
    if not path.exists():
        return []
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [row for row in rows if {"update", "kind"} <= row.keys()]
    except (ValueError, AttributeError):
        return []
