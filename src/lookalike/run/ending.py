"""`end.json`: how the training of a run ended. There is none while it lasts, or after a kill."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from lookalike import files
from lookalike.errors import Interrupted, StorageError

NAME = "end.json"


@contextlib.contextmanager
def noted(folder: Path) -> Iterator[None]:
    """Notes how the block ends: "done", "stopped" by a signal or "failed", and why."""
    end = folder / NAME
    with files.storage_errors(end):
        end.unlink(missing_ok=True)
    try:
        yield
    except BaseException as error:
        stopped = isinstance(error, Interrupted | KeyboardInterrupt)
        with contextlib.suppress(StorageError):  # on a full disk, it is the first error that counts
            _write(end, "stopped" if stopped else "failed", error)
        raise
    _write(end, "done")


def _write(end: Path, state: str, error: BaseException | None = None) -> None:
    first = str(error).partition("\n")[0] if error else ""
    why = first or type(error).__name__ if error else ""
    files.write_json(end, {"state": state, "why": why})
