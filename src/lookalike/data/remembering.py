"""What is kept of a folder, so that a run goes on with the pictures that it began with.

Two kinds of files in a cache folder, mapped into memory when they are read. The headers of all
pictures spare whoever comes back to the same version of a folder reading them again. The listing
with which a run began spares it walking through the folder, and lets it go on when files have changed
meanwhile: they are found out one by one, when they are opened. Both hold only numbers and names.
"""

import json
from pathlib import Path
from typing import Any

import safetensors
import torch
from torch import Tensor

from lookalike.data.inspection import Inspected
from lookalike.data.ledger import Ledger
from lookalike.data.listing import FolderFiles, Listing
from lookalike.data.paths import Paths
from lookalike.files import replacing

SAMPLE = 32
"""How many files are looked at to see whether the folder is still the same."""

_HEADERS = ("rows", "sizes", "remarks")


def keep_headers(path: Path, inspected: Inspected) -> None:
    """Writes `path` in one step.

    Raises:
        StorageError: it cannot be written.
    """
    tensors = {name: getattr(inspected, name) for name in _HEADERS}
    _write(path, tensors, {"channels": inspected.channels, "skipped": inspected.skipped})


def recall_headers(path: Path) -> Inspected | None:
    """What `keep_headers` wrote, or None where there is no such file."""
    found = _read(path)
    if found is None:
        return None
    tensors, about = found
    skipped = {int(row): str(reason) for row, reason in about["skipped"].items()}
    rows, sizes, remarks = (tensors[name] for name in _HEADERS)
    return Inspected(rows, sizes, remarks, about["channels"], skipped)


def keep_listing(path: Path, listing: Listing) -> None:
    """Writes the listing of a folder to `path` in one step; of other places nothing is kept.

    Raises:
        StorageError: it cannot be written.
    """
    files, folders = listing.files, listing.folders
    if not isinstance(files, FolderFiles) or folders is None:
        return
    tensors = {"label": listing.label, **_tensors("file", files), **_tensors("folder", folders)}
    words = ("place", "kind", "classes", "fingerprint", "version")
    about = {name: getattr(listing, name) for name in words}
    _write(path, tensors, about | {"books": listing.ledger.as_dict()})


def recall_listing(path: Path) -> Listing | None:
    """What `keep_listing` wrote, if most files of a sample are still what they were.

    Otherwise the folder was copied or moved, or is another one, and should be looked through.
    """
    found = _read(path)
    if found is None:
        return None
    tensors, about = found
    root = Path(about["place"])
    files, folders = _files("file", root, tensors), _files("folder", root, tensors)
    if not _mostly_same(files):
        return None
    about["classes"] = tuple(about["classes"])
    ledger = Ledger.from_dict(about.pop("books"))
    return Listing(**about, files=files, folders=folders, label=tensors["label"], ledger=ledger)


def _mostly_same(files: FolderFiles) -> bool:
    rows = range(0, len(files.paths), max(1, len(files.paths) // SAMPLE))
    return sum(map(files.is_same, rows)) >= len(rows) / 2


def _tensors(kind: str, files: FolderFiles) -> dict[str, Tensor]:
    """What FolderFiles are made of."""
    stamp = torch.empty(0, 2, dtype=torch.int64) if files.stamp is None else files.stamp
    paths = {f"{kind}-span": files.paths.span, f"{kind}-text": files.paths.text}
    return {f"{kind}-stamp": stamp} | paths


def _files(kind: str, root: Path, tensors: dict[str, Tensor]) -> FolderFiles:
    paths = Paths(tensors[f"{kind}-text"], tensors[f"{kind}-span"])
    return FolderFiles(root, paths, tensors[f"{kind}-stamp"])


def _write(path: Path, tensors: dict[str, Tensor], about: dict[str, Any]) -> None:
    """A safetensors file, written piece by piece: the library would hold it in memory twice."""
    header: dict[str, Any] = {"__metadata__": {"about": json.dumps(about)}}
    ordered, end = sorted(tensors.items(), key=lambda item: -item[1].itemsize), 0
    for name, tensor in ordered:
        begin, end = end, end + tensor.nbytes
        facts = {"dtype": _TYPES[tensor.dtype], "shape": list(tensor.shape)}
        header[name] = facts | {"data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with replacing(path) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, tensor in ordered:
            file.write(tensor.contiguous().numpy().data)


_TYPES = {torch.int64: "I64", torch.uint8: "U8"}


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Tensors that stay in the file until they are used, and the rest."""
    if not path.exists():
        return None
    try:
        with safetensors.safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, json.loads(file.metadata()["about"])
    except (OSError, safetensors.SafetensorError, ValueError, KeyError, TypeError, RecursionError):
        return None  # it is only a cache
