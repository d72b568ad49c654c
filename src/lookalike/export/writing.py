"""Exports that are checked before they take their place, and a list of those of a run."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lookalike.errors import StorageError
from lookalike.export.formats import FORMATS, Content
from lookalike.export.parity import Parity, check
from lookalike.files import read_json, sha256, storage_errors, sync, write_json

LIST = "exports.json"
"""Beside the exports: what each is, and how it is loaded."""


def write_export(content: Content, to: str, path: Path) -> Parity:
    """Writes an export beside its place, loads it again, compares, and only then puts it there.

    Args:
        content: what is exported.
        to: a name of KINDS.
        path: of the file or folder; what is there is replaced.

    Raises:
        UsageError: this content cannot be written so.
        StorageError: the export does not give the same answers, or the disk refused; what was at
            `path` is still there.
    """
    row = FORMATS[to]
    row.refuse(content)
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as aside:
            new = Path(aside) / path.name
            row.write(content, new)
            try:
                again = row.reopen(content, new)
            except (RuntimeError, ValueError) as error:
                raise StorageError(
                    f"The export for {to} does not load again; nothing is kept.",
                    why=f"{str(error).partition(chr(10))[0]}",
                    do="Use --to torch.",
                ) from error
            found = check(content.module, again, content.about, words=to)
            _place(new, path, Path(aside) / "old")
    return found


def _place(new: Path, path: Path, old: Path) -> None:
    """A file replaces a file; a folder takes the place of another, which goes with `old`."""
    if path.is_dir():
        path.rename(old)
    new.replace(path)
    sync(path.parent)


def note(content: Content, to: str, path: Path, checked: Parity, weights: Path) -> dict[str, Any]:
    """Enters an export into the list beside it, for the model card.

    Args:
        content: what was exported.
        to: a name of KINDS.
        path: of the export, in the folder `exports`.
        checked: its parity.
        weights: of the encoder, by which an export of an older one is known.

    Returns:
        The entry.
    """
    entry = {
        "file": path.name,
        "to": to,
        "lines": FORMATS[to].lines(content, f"{path.parent.name}/{path.name}"),
        "checked": str(checked),
        "bytes": size(path),
        "weights": sha256(weights),
        "about": content.about.as_dict(),
    }
    others = [each for each in listed(path.parent) if each["file"] != path.name]
    write_json(path.parent / LIST, [*others, entry])
    return entry


def listed(folder: Path) -> list[dict[str, Any]]:
    """The entries of the list in `folder` whose exports are still there; [] where it is damaged."""
    try:
        entries = read_json(folder / LIST)
        return [each for each in entries if (folder / each["file"]).exists()]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files)
