"""Whether the checkpoints of a run will fit on the disk, asked before its first update."""

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from lookalike import files
from lookalike.errors import StorageError
from lookalike.training import tensor_file
from lookalike.training.generations import GENERATIONS, generations
from lookalike.training.state import Learner, foreseen

_PIECE = 16 * 2**20  # bytes reserved at once, so that a slow file system is noticed
_PATIENCE = 1.0  # seconds


def checkpoint_size(learner: Learner, beside: Mapping[str, Learner]) -> int:
    """Bytes of the tensors of a checkpoint, known before there is one.

    Args:
        learner: the method and its optimizer.
        beside: what learns beside them, by name.
    """
    tensors = foreseen(learner)
    for name, other in beside.items():
        tensors |= foreseen(other, f"{name}.")
    return tensor_file.size(tensors)


def check_room(folder: Path, learner: Learner, beside: Mapping[str, Learner]) -> None:
    """Refuses to begin what could not be saved.

    While one checkpoint is written the others are still there, so a new run needs room for one more
    than is kept; a run that goes on needs less.

    Args:
        folder: of all checkpoints; it need not be there, but the one above is.
        learner: the method and its optimizer.
        beside: what learns beside them, by name.

    Raises:
        StorageError: there is too little room, or nothing may be written.
    """
    size = checkpoint_size(learner, beside)
    times = GENERATIONS + 1 - min(len(generations(folder)), GENERATIONS)
    free = files.free(folder)
    with files.storage_errors(folder, times * size):
        if free is None or free >= times * size:
            _reserve(folder.parent, size, times)
            return
    raise StorageError(
        f"The checkpoints of this run do not fit in {folder}.",
        why=f"{times * size:,} bytes are needed ({times} of {size:,}) and {free:,} are free.",
        do="Make room there, or choose another --out.",
    )


def _reserve(folder: Path, size: int, times: int) -> None:
    """Asks the file system for files of this size and gives them back at once.

    Free space says nothing of quotas and of limits for a file. Where files are reserved without being
    written this takes milliseconds; elsewhere it is given up after a second. Nothing is left behind.

    Args:
        folder: to write to.
        size: of each file, in bytes.
        times: how many files there will be at the same time.

    Raises:
        OSError: the system refuses.
    """
    patience = time.monotonic() + _PATIENCE
    with contextlib.ExitStack() as stack:
        for _ in range(times):
            file = stack.enter_context(tempfile.TemporaryFile(dir=folder))
            for start in range(0, size, _PIECE):
                if time.monotonic() > patience:
                    return
                _allocate(file.fileno(), start, min(_PIECE, size - start))


def _allocate(descriptor: int, start: int, count: int) -> None:
    """Does nothing where there is no such call."""
    if not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(descriptor, start, count)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
