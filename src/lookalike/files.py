"""Writes that cannot be half done, and words for what goes wrong with paths.

A file is written beside its target, synced to the disk and renamed over it, so a reader sees the old
content or the new one and nothing between, whenever the machine stops.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO

from lookalike.errors import StorageError, did_you_mean


@contextlib.contextmanager
def replacing(path: Path, needed: int | None = None) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path`, in one step that survives a crash, when the
    block ends well; makes its folder.

    Args:
        path: of the file.
        needed: bytes that will be written, where they are known, for the message if they cannot.
    """
    with storage_errors(path, needed):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with synced(aside) as file:
                yield file
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        sync(path.parent)


@contextlib.contextmanager
def synced(path: Path) -> Iterator[BinaryIO]:
    """A new file to write, which is on the disk when the block ends well."""
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces `path` by `content` in one step that survives a crash; makes its folder."""
    with replacing(path, len(content)) as file:
        file.write(content)


def write_text(path: Path, content: str) -> None:
    """Replaces `path` by UTF-8 `content` in one step that survives a crash."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    """Replaces `path` by `content` as indented JSON in one step that survives a crash."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is no JSON, or nested too deeply to be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("its values are nested too deeply") from None


def sync(path: Path) -> None:
    """Makes a file's content, or the renames inside a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> None:
    """Removes what writers that were killed left unfinished in a folder that no other writes to."""
    for leftover in folder.glob(".*.tmp"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def storage_errors(path: Path, needed: int | None = None) -> Iterator[None]:
    """Turns the operating system's refusals while writing `path` into one clear message.

    Args:
        path: what is written.
        needed: bytes that it takes, where they are known.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"Cannot write {path}.",
            why=f"The system says: {error.strerror or error}. {_room(path, needed)}".rstrip(),
            do="Check the free space and the permissions there, or choose another --out.",
        ) from error


def free(path: Path) -> int | None:
    """Bytes that may still be written on the volume of `path`, which need not be there yet; None
    where the system does not say."""
    for place in (path, *path.parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(place).free
    return None


def _room(path: Path, needed: int | None) -> str:
    """A sentence on the bytes needed and free."""
    parts = ((needed, "needed"), (free(path), "free on its volume"))
    told = [f"{count:,} bytes are {word}" for count, word in parts if count is not None]
    return f"{' and '.join(told)}." if told else ""


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
