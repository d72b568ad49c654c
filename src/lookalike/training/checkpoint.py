"""Checkpoints: everything a run needs to go on with the same bytes, on disk without pickle."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lookalike.distributed import from_first, rank
from lookalike.errors import StorageError, short
from lookalike.training import manifest, state
from lookalike.training.generations import generations as generations  # what lies in the folder
from lookalike.training.generations import newest, read, write
from lookalike.training.guard import refuse_not_finite
from lookalike.training.manifest import Damaged
from lookalike.training.state import Learner as Learner

OF_A_RUN = "run"
"""Where a manifest says which run the checkpoint is of: its `about`."""


def save(
    folder: Path,
    done: int,
    method: nn.Module,
    optimizer: Optimizer,
    *,
    beside: Mapping[str, Learner] | None = None,
    keep: int | None = None,
    about: Mapping[str, str] | None = None,
) -> None:
    """Writes the checkpoint of `done` updates below `folder`, then removes the oldest ones.

    All processes must call it; the first one writes. A sound checkpoint of as many updates that is
    there already stays as it is.

    Args:
        folder: of all checkpoints; the one above it exists.
        done: updates done.
        method: what is trained.
        optimizer: of its parameters.
        beside: what else learns in the first process, by name, such as the online probe.
        keep: a number of updates whose checkpoint is not removed, however old.
        about: which run it is of: fingerprints by name.

    Raises:
        StorageError: it could not be written, or reads back differently.
        NumericalError: a tensor holds a number that is not finite.
    """
    tensors = state.pack((method, optimizer))
    if rank() > 0:
        return
    for name, learner in (beside or {}).items():
        tensors |= state.pack(learner, f"{name}.")
    refuse_not_finite(tensors)
    environment = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    write(folder / f"{done:08d}", tensors, environment | {OF_A_RUN: dict(about or {})}, keep=keep)


def restore(
    folder: Path,
    method: nn.Module,
    optimizer: Optimizer,
    *,
    beside: Mapping[str, Learner] | None = None,
    about: Mapping[str, str] | None = None,
    tell: Callable[[str], object] = warnings.warn,
) -> int:
    """Loads the newest sound checkpoint into the method and optimizer.

    Of several processes the first one reads it and hands it to the others.

    Args:
        folder: of all checkpoints.
        method: changed in place.
        optimizer: changed in place.
        beside: what else learns in the first process, by name.
        about: which run this is; a checkpoint of another one, by the same code, is refused.
        tell: takes a sentence on each damaged checkpoint that was passed over.

    Returns:
        Updates done; 0 where there is no checkpoint yet.

    Raises:
        StorageError: there are checkpoints, and none of them is sound, or they are of another run.
    """
    content = _newest(folder, about or {}, tell) if rank() == 0 else {}
    content = from_first(content, next(method.parameters()).device)
    if not content:
        return 0
    done = int(content.pop(_DONE))
    try:
        state.unpack(content, (method, optimizer))
        for name, learner in (beside or {}).items():
            state.unpack(content, learner, f"{name}.")
    except (KeyError, RuntimeError) as error:
        raise StorageError(
            f"The checkpoint of {done:,} updates in {folder} is not of this recipe.",
            why=f"Reason: {short(error, 200)}",
            do="Bring back the checkpoints of this run, or remove these to begin anew.",
        ) from error
    return done


def trained_weights(folder: Path) -> dict[str, Tensor]:
    """The method's weights in the newest checkpoint, heads included; empty without any.

    Raises:
        StorageError: it is damaged. The one before it would be no part of the finished encoder.
    """
    prefix = "method."
    try:
        content = next((read(path) for path in generations(folder)), {})
    except Damaged as error:
        raise StorageError(
            f"The newest checkpoint in {folder} is damaged.",
            why=f"{error}.",
            do=f"Train the lost part again: lookalike pretrain {folder.parent}",
        ) from error
    return {n.removeprefix(prefix): t for n, t in content.items() if n.startswith(prefix)}


def _newest(
    folder: Path, about: Mapping[str, str], tell: Callable[[str], object]
) -> dict[str, Tensor]:
    """The tensors of the newest sound checkpoint and its number of updates; empty without any."""
    there = newest(folder, tell)
    if there is None:
        return {}
    path, tensors = there
    _refuse_another_run(path, about)
    return tensors | {_DONE: torch.tensor(int(path.name))}


_DONE = "updates done"


def _refuse_another_run(path: Path, about: Mapping[str, str]) -> None:
    """Other code may describe the same recipe in other words, so then they are not compared."""
    of: Any = manifest.read(path).get(OF_A_RUN)
    of = of if isinstance(of, dict) else {}
    different = sorted(name for name in about if of.get(name, about[name]) != about[name])
    if different and "code" not in different:
        raise StorageError(
            f"The checkpoint {path} is not of the run in this folder.",
            why=f"It differs in {' and '.join(different)}.",
            do="Bring back the checkpoints of this run, or remove these to begin anew.",
        )
