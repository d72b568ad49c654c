"""Checkpoints: everything a run needs to go on with the same bytes, on disk without pickle.

A checkpoint is a folder `00001170/` of `state.safetensors` and `manifest.json`. It is written aside,
synced, renamed and read back before older ones go; two generations stay. A folder whose bytes do not
match its manifest is passed over for the one before it.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer

from lookalike import files
from lookalike.distributed import from_first, rank
from lookalike.errors import StorageError
from lookalike.training.sharding import spread_like, whole

FORMAT = 1
GENERATIONS = 2


Learner = tuple[nn.Module, Optimizer]
"""Something that is trained, and its optimizer."""


def save(
    folder: Path,
    done: int,
    method: nn.Module,
    optimizer: Optimizer,
    *,
    beside: Mapping[str, Learner] | None = None,
) -> None:
    """Writes the checkpoint of `done` updates below `folder`, then removes the oldest ones.

    All processes must call it; the first one writes.

    Args:
        folder: of all checkpoints.
        done: updates done.
        method: what is trained.
        optimizer: of its parameters.
        beside: what else learns in the first process, by name, such as the online probe.

    Raises:
        StorageError: it could not be written, or reads back differently.
    """
    tensors = _pack(method, optimizer)
    if rank() > 0:
        return
    for name, learner in (beside or {}).items():
        tensors |= _pack(*learner, name=f"{name}.")
    final = folder / f"{done:08d}"
    aside = folder / f".{final.name}.tmp"
    with files.storage_errors(final):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        state = aside / "state.safetensors"
        save_file(tensors, state)
        files.sync(state)
        files.write_json(aside / "manifest.json", _manifest(state, done))
        shutil.rmtree(final, ignore_errors=True)
        aside.rename(final)
        files.sync(folder)
    if _read(final) is None:
        raise StorageError(
            f"The checkpoint {final} reads back differently from what was written.",
            do="Check the disk; the checkpoint before it is still there.",
        )
    for old in (*generations(folder)[GENERATIONS:], *folder.glob(".*.tmp")):
        shutil.rmtree(old)


def restore(
    folder: Path,
    method: nn.Module,
    optimizer: Optimizer,
    *,
    beside: Mapping[str, Learner] | None = None,
) -> int:
    """Loads the newest sound checkpoint into the method and optimizer.

    Of several processes the first one reads it and hands it to the others.

    Returns:
        Updates done; 0 where there is no checkpoint yet.

    Raises:
        StorageError: there are checkpoints, and none of them is sound.
    """
    content = _newest(folder) if rank() == 0 else {}
    content = from_first(content, next(method.parameters()).device)
    if not content:
        return 0
    done = int(content.pop(_DONE))
    _unpack(content, method, optimizer)
    for name, learner in (beside or {}).items():
        _unpack(content, *learner, name=f"{name}.")
    return done


def trained_weights(folder: Path) -> dict[str, Tensor]:
    """The method's weights in the newest sound checkpoint, heads included; empty without any.

    Raises:
        StorageError: there are checkpoints, and none of them is sound.
    """
    prefix = "method."
    content = _newest(folder)
    return {n.removeprefix(prefix): t for n, t in content.items() if n.startswith(prefix)}


def generations(folder: Path) -> list[Path]:
    """The complete checkpoints below `folder`, newest first."""
    if not folder.is_dir():
        return []
    return sorted((p for p in folder.iterdir() if p.name.isdecimal()), reverse=True)


def _newest(folder: Path) -> dict[str, Tensor]:
    """The tensors of the newest sound checkpoint and its number of updates; empty without any."""
    found = generations(folder)
    for path in found:
        content = _read(path)
        if content is not None:
            return content | {_DONE: torch.tensor(int(path.name))}
    if found:
        raise StorageError(
            f"None of the {len(found)} checkpoints in {folder} is sound.",
            why="Their files do not match their manifests.",
            do="Remove the folder to begin anew, or bring back a copy of it.",
        )
    return {}


_DONE = "updates done"


def _manifest(state: Path, done: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "updates": done,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "files": {state.name: {"bytes": state.stat().st_size, "sha256": files.sha256(state)}},
    }


def _read(path: Path) -> dict[str, Tensor] | None:
    """The tensors of a checkpoint, or None where it is damaged."""
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        for name, expected in manifest["files"].items():
            if files.sha256(path / name) != expected["sha256"]:
                return None
        return load((path / "state.safetensors").read_bytes())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError):
        return None


def _pack(method: nn.Module, optimizer: Optimizer, name: str = "") -> dict[str, Tensor]:
    """Every tensor by name: `method.…`, and `optimizer.NUMBER.…` for the state of each parameter."""
    tensors = {f"{name}method.{key}": t for key, t in method.state_dict().items()}
    for i, parameter in enumerate(_parameters(optimizer)):
        for key, value in optimizer.state[parameter].items():
            tensors[f"{name}optimizer.{i}.{key}"] = value
    return {key: whole(t.detach()).cpu().contiguous() for key, t in tensors.items()}


def _unpack(
    tensors: dict[str, Tensor], method: nn.Module, optimizer: Optimizer, name: str = ""
) -> None:
    own = method.state_dict()
    method.load_state_dict(
        {key: spread_like(tensors[f"{name}method.{key}"], own[key]) for key in own}
    )
    for i, parameter in enumerate(_parameters(optimizer)):
        prefix = f"{name}optimizer.{i}."
        own = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
        optimizer.state[parameter] = {key: _like(t, parameter) for key, t in own.items()}


def _like(tensor: Tensor, parameter: Tensor) -> Tensor:
    """In the memory layout of its parameter: fused optimizers walk both in memory order."""
    if isinstance(parameter, DTensor) and tensor.shape == parameter.shape:
        return spread_like(tensor, parameter)
    if tensor.shape == parameter.shape:
        return torch.empty_like(parameter, dtype=tensor.dtype, requires_grad=False).copy_(tensor)
    return tensor.to(parameter.device)


def _parameters(optimizer: Optimizer) -> Iterable[Tensor]:
    return (p for group in optimizer.param_groups for p in group["params"])
