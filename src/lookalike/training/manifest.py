"""`manifest.json`: what a checkpoint is, with the hash of its tensors and, at its end, of itself."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lookalike import files
from lookalike.errors import StorageError

FORMAT = 2
"""Of what is written; 1, whose manifests had no hash of themselves, is still read."""

STATE = "state.safetensors"

_MANIFEST = "manifest.json"
_SEAL = ',\n  "seal": "'


class Damaged(Exception):  # noqa: N818 - it is a finding, and mended by the checkpoint before
    """A checkpoint is not what was written; says in what."""


def write(folder: Path, about: Mapping[str, Any], *, size: int, sha256: str) -> None:
    """Writes the manifest of a checkpoint.

    Args:
        folder: of the checkpoint.
        about: what it says besides, as JSON can hold it.
        size: of the file of tensors, in bytes.
        sha256: of its content.
    """
    content = {"format": FORMAT, **about, "files": {STATE: {"bytes": size, "sha256": sha256}}}
    text = json.dumps(content, indent=2, ensure_ascii=False)
    with files.synced(folder / _MANIFEST) as file:
        file.write(_sealed(text.removesuffix("\n}")).encode())


def read(folder: Path) -> dict[str, Any]:
    """What a checkpoint says of itself.

    Raises:
        Damaged: it is not what was written, or this is not the folder it was written to.
        StorageError: it is of a later version.
    """
    try:
        text = (folder / _MANIFEST).read_text(encoding="utf-8")
        content: dict[str, Any] = json.loads(text)
        written, updates = int(content["format"]), int(content["updates"])
    except OSError as error:
        raise Damaged(f"{_MANIFEST}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise Damaged(f"{_MANIFEST} is no manifest") from error
    if written != 1 and _sealed(text.rpartition(_SEAL)[0]) != text:
        raise Damaged(f"{_MANIFEST} is not what was written")
    if written > FORMAT:
        raise StorageError(
            f"{folder} was written by a later version of lookalike.",
            why=f"Its format is {written}, and this version reads up to {FORMAT}.",
            do="Install a later version: pip install --upgrade lookalike",
        )
    if updates != int(folder.name):
        raise Damaged(f"{_MANIFEST} is that of {updates} updates")
    return content


def expected(folder: Path) -> tuple[int, str]:
    """Size and SHA-256 of the tensors of a checkpoint.

    Raises:
        Damaged: the manifest does not say.
        StorageError: it is of a later version.
    """
    try:
        state = read(folder)["files"][STATE]
        return int(state["bytes"]), str(state["sha256"])
    except (KeyError, TypeError, ValueError, OverflowError, IndexError) as error:
        raise Damaged(f"{_MANIFEST} says nothing of {STATE}") from error


def _sealed(body: str) -> str:
    """A manifest with its own hash behind it; the body is JSON but for the closing brace."""
    return f'{body}{_SEAL}{hashlib.sha256(body.encode()).hexdigest()}"\n}}\n'
