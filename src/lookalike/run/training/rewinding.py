"""Back to an earlier checkpoint when numbers stop being finite, and on with a lower rate.

Training is deterministic: doing it again without a change would end in the same place. So each rewind
halves the rate for the rest of the run, from the last end of an epoch that lies before the bad update.
That place depends on the update alone and not on when checkpoints happened to be written, and
`rewinds.json` remembers it, so a run that is resumed at any moment ends with the same bytes.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from lookalike import files
from lookalike.distributed import from_first, rank
from lookalike.run.folder import RunFolder
from lookalike.training.checkpoint import generations
from lookalike.training.guard import NotFiniteError

MOST = 3
"""Rewinds of a run."""

_NEVER = 2**62  # no update has this number


def epoch_before(update: int, epoch: int) -> int:
    """The last end of an epoch before an update, in updates: where a rewind goes.

    Args:
        update: that broke, from 0.
        epoch: updates in an epoch.
    """
    return max(0, update - 1) // epoch * epoch


def slowed(
    rate: Callable[[int], float], folder: RunFolder, device: torch.device
) -> Callable[[int], float]:
    """The rate of a run after its rewinds; the first process tells the others of them."""
    mine = torch.full((MOST,), _NEVER)
    if rank() == 0:
        found = torch.tensor([event["to"] for event in _read(folder)], dtype=torch.int64)
        mine[: len(found)] = found
    firsts = from_first({"firsts": mine}, device)["firsts"].tolist()
    return lambda update: rate(update) / 2 ** sum(update >= first for first in firsts)


def rewind(folder: RunFolder, broken: NotFiniteError, epoch: int, device: torch.device) -> str:
    """Takes away the checkpoints that led to a bad update, and remembers to go slower.

    What is taken away can be computed again, so a process that ends in between leaves a run that
    comes to the same bad update and gets here again. All processes must call it.

    Args:
        folder: of the run.
        broken: what happened; raised again where there is nothing to go back to.
        epoch: updates in an epoch.
        device: of this process.

    Returns:
        A sentence on what was done.
    """
    mine = _rewind(folder, broken, epoch) if rank() == 0 else 0
    number = int(from_first({"number": torch.tensor(mine)}, device)["number"])
    if number == 0:
        raise broken
    return (
        f"{broken.what} Going back to an earlier update and on with half the rate "
        f"(rewind {number} of at most {MOST})."
    )


def _rewind(folder: RunFolder, broken: NotFiniteError, epoch: int) -> int:
    """Which rewind of the run this is, from 1; 0 if it is impossible."""
    before = _read(folder)
    good = [path for path in generations(folder.checkpoints) if int(path.name) < broken.update]
    if not good or len(before) == MOST:
        return 0
    wanted = epoch_before(broken.update, epoch)
    # A run that had another policy before may have removed the checkpoint that is wanted.
    back = next((path for path in good if int(path.name) <= wanted), good[-1])
    for path in generations(folder.checkpoints):
        if path.name > back.name:
            shutil.rmtree(path.rename(path.with_name(f".{path.name}.tmp")))
    event = {"update": broken.update, "to": max(int(back.name), wanted), "what": broken.what}
    files.write_json(_place(folder), [*before, event])
    return len(before) + 1


def _read(folder: RunFolder) -> list[dict[str, Any]]:
    there = _place(folder)
    found: list[dict[str, Any]] = json.loads(there.read_text("utf-8")) if there.exists() else []
    return found


def _place(folder: RunFolder) -> Path:
    return folder.path / "rewinds.json"
