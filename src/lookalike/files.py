"""Writes that cannot be half done, and words for what goes wrong with paths.

A file is written beside its target, synced to the disk and renamed over it, so a reader sees the old
content or the new one and nothing between, whenever the machine stops.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO

from lookalike.errors import StorageError, did_you_mean


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path`, in one step that survives a crash, when the
    block ends well; makes its folder."""
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        with aside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        sync(path.parent)


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces `path` by `content` in one step that survives a crash; makes its folder."""
    with replacing(path) as file:
        file.write(content)


def write_text(path: Path, content: str) -> None:
    """Replaces `path` by UTF-8 `content` in one step that survives a crash."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    """Replaces `path` by `content` as indented JSON in one step that survives a crash."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def sync(path: Path) -> None:
    """Makes a file's content, or the renames inside a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns the operating system's refusals while writing `path` into one clear message."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"Cannot write {path}.",
            why=f"The system says: {error.strerror or error}.",
            do="Check the free space and the permissions there, or choose another --out.",
        ) from error


def nearby(path: str) -> str:
    """A sentence that offers an existing path for a misspelt one; empty where none is near."""
    place = Path()
    parts = Path(path).parts
    with contextlib.suppress(OSError):  # a folder that may not be looked into offers nothing
        for i, part in enumerate(parts):
            if not (place / part).exists():
                beside = [entry.name for entry in place.iterdir()] if place.is_dir() else []
                near = [
                    str(place.joinpath(name, *parts[i + 1 :]))
                    for name in get_close_matches(part, beside)
                ]
                there = [name for name in near if Path(name).exists()]
                return did_you_mean(path, there or near) if near else ""
            place /= part
    return ""
