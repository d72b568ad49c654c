"""The checkpoints of a run on the disk: complete or not there, and never wrong without being noticed.

A checkpoint is a folder `00001170/` of `state.safetensors` and `manifest.json`. It is written aside,
synced, renamed and read back before older ones go; two generations stay.
"""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from lookalike import files
from lookalike.errors import StorageError, short
from lookalike.training import manifest, tensor_file
from lookalike.training.manifest import STATE, Damaged

GENERATIONS = 2


def generations(folder: Path) -> list[Path]:
    """The complete checkpoints below `folder`, newest first."""
    if not folder.is_dir():
        return []
    return sorted((p for p in folder.iterdir() if p.name.isdecimal()), reverse=True)


def write(
    final: Path,
    tensors: Mapping[str, Tensor],
    about: Mapping[str, Any],
    *,
    keep: int | None = None,
) -> None:
    """Writes a checkpoint, then removes the oldest ones.

    Args:
        final: its folder, named after its updates; what is there already stays if it is sound.
            The folder of all checkpoints is made, but not the one above.
        tensors: on the CPU and contiguous.
        about: what its manifest says besides, as JSON can hold it.
        keep: a number of updates whose checkpoint is not removed, however old.

    Raises:
        StorageError: it could not be written, or reads back differently.
    """
    folder, aside = final.parent, _aside(final)
    with files.storage_errors(final, tensor_file.size(tensors)):
        if not folder.exists():
            folder.mkdir()
            files.sync(folder.parent)
        files.sweep(folder)
        if final.exists():
            if not _fault(final):
                return
            _set_aside(final)
        try:
            _write(aside, tensors, {"updates": int(final.name), **about})
            aside.rename(final)
        except OSError:
            shutil.rmtree(aside, ignore_errors=True)  # a full disk is not left fuller
            raise
        files.sync(folder)
        _read_back(final)
        for old in generations(folder)[GENERATIONS:]:
            if int(old.name) != keep:
                old.rename(_aside(old))
        files.sweep(folder)


def newest(folder: Path, tell: Callable[[str], object]) -> tuple[Path, dict[str, Tensor]] | None:
    """The newest sound checkpoint and its tensors; None where there is none yet.

    Damaged ones that are newer are renamed, so that they neither count nor are lost.

    Args:
        folder: of all checkpoints.
        tell: takes a sentence on each damaged one.

    Raises:
        StorageError: there are checkpoints, and none of them is sound, or one is of a later version.
    """
    damaged: dict[Path, Damaged] = {}
    for path in generations(folder):
        try:
            tensors = read(path)
        except Damaged as error:
            damaged[path] = error
            continue
        for other, why in damaged.items():
            tell(
                f"The checkpoint {other} is damaged: {why}. It is now {_set_aside(other).name}, "
                f"and {path.name} takes its place."
            )
        return path, tensors
    if damaged:
        raise StorageError(
            f"None of the {len(damaged)} checkpoints in {folder} is sound.",
            why="; ".join(f"{path.name}: {why}" for path, why in damaged.items()) + ".",
            do="Remove the folder to begin anew, or bring back a copy of it.",
        )
    return None


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint.

    Raises:
        Damaged: it is not what was written.
        StorageError: it is of a later version.
    """
    size, sha256 = manifest.expected(path)
    try:
        if (path / STATE).stat().st_size != size:
            raise Damaged(f"{STATE} has not the {size:,} bytes that were written")
        content = (path / STATE).read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Damaged(f"{STATE} is not what was written")
        return load(content)
    except OSError as error:
        raise Damaged(f"{STATE}: {error.strerror}") from error
    except (SafetensorError, ValueError, KeyError) as error:
        raise Damaged(f"{STATE}: {short(error, 200)}") from error


def _write(folder: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """The files of a checkpoint, in a new folder."""
    folder.mkdir()
    with files.synced(folder / STATE) as file:
        sha256 = tensor_file.write(file, tensors)
    manifest.write(folder, about, size=tensor_file.size(tensors), sha256=sha256)
    files.sync(folder)


def _fault(path: Path) -> str:
    """What is wrong with a checkpoint, found without having it in memory; empty if it is sound."""
    try:
        sound = files.sha256(path / STATE) == manifest.expected(path)[1]
        return "" if sound else f"{STATE} is not what was written"
    except (OSError, Damaged) as error:
        return str(error)


def _read_back(path: Path) -> None:
    if why := _fault(path):
        raise StorageError(
            f"The checkpoint {path} reads back differently from what was written.",
            why=f"{why}. It is now {_set_aside(path)}.",
            do="Check the disk; the checkpoint before it is still there.",
        )


def _set_aside(path: Path) -> Path:
    """Renames a damaged checkpoint, so that it is none any more."""
    damaged = path.with_name(f"{path.name}.damaged")
    with files.storage_errors(damaged):
        if damaged.exists():
            shutil.rmtree(damaged)
        path.rename(damaged)
    return damaged


def _aside(final: Path) -> Path:
    """Where a checkpoint is before it is complete, and when it goes."""
    return final.with_name(f".{final.name}.tmp")
