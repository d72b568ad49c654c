"""What a run keeps for its page besides numbers, as JSON files of known form."""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from lookalike.files import write_bytes

T = TypeVar("T")


def write(path: Path, content: object) -> None:
    """Writes a dataclass.

    Raises:
        StorageError: the disk refused.
    """
    write_bytes(path, TypeAdapter(type(content)).dump_json(content))


def read(path: Path, kind: type[T], notes: list[str]) -> T | None:
    """The dataclass that was written, or None where it is missing or, which is noted, damaged."""
    try:
        return TypeAdapter(kind).validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        notes.append(f"{path.name} could not be read: {str(error).splitlines()[0]}")
        return None
