"""Parquet files with the pictures inside, as Hugging Face `datasets` writes them."""

import contextlib
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.data.ledger import Ledger
from lookalike.data.listing import Listing, MemoryFiles, digest, within
from lookalike.data.memory import memory
from lookalike.data.paths import Paths
from lookalike.errors import DataError, MissingExtraError

LABEL = "label"


def list_parquet(paths: Sequence[Path], limit: int | None = None) -> Listing:
    """The rows of one or several Parquet files with the same columns.

    The pictures are the first column that is a struct with `bytes`; the encoded bytes are kept in
    memory. The column "label", if any, holds class numbers (empty or -1: no label). The names of
    the classes are in the schema's metadata, under "class_names" (a JSON list) or as a ClassLabel
    under "huggingface"; without them the classes are called by their numbers.

    Args:
        paths: one or more, read in this order.
        limit: takes the first this many rows.

    Raises:
        DataError: not Parquet, no such column, or labels that are no class numbers.
        MissingExtraError: pyarrow is not installed.
    """
    tables = {path: _open(path) for path in paths}
    schema = _common_schema(tables)
    place = ", ".join(str(path) for path in paths)
    ledger = Ledger(found=sum(table.metadata.num_rows for table in tables.values()))
    count = within(limit, ledger.found, ledger)
    files = _read_pictures(tables, _picture_column(schema, place), count)
    label = (
        _read_labels(tables, count, place) if LABEL in schema.names else torch.full((count,), -1)
    )
    classes = _class_names(schema, label, place)
    status = [path.stat() for path in paths]
    fingerprint = digest("parquet", *(one.st_size for one in status), count, *label.tolist())
    return Listing(
        place=place,
        kind=f"of {len(classes)} classes" if classes else "without labels",
        files=files,
        label=label,
        classes=classes,
        fingerprint=fingerprint,
        version=f"{fingerprint}-{digest(*(one.st_mtime_ns for one in status))}",
        ledger=ledger,
    )


Tables = dict[Path, Any]
"""Path → an open pyarrow.parquet.ParquetFile."""


def _open(path: Path) -> Any:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet") from error
    with _clear_errors(path):
        return parquet.ParquetFile(path)


@contextlib.contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    from pyarrow import ArrowException

    try:
        yield
    except (ArrowException, OSError) as error:
        raise DataError(
            f"{path} cannot be read as a Parquet file.",
            why=f"Reason: {str(error).splitlines()[0]}",
            do="Copy it again, or give a folder of pictures.",
        ) from error


def _common_schema(tables: Tables) -> Any:
    (first, table), *others = tables.items()
    for path, other in others:
        if other.schema_arrow.names != table.schema_arrow.names:
            raise DataError(
                f"{path} and {first} have different columns.",
                why=f"{other.schema_arrow.names} and {table.schema_arrow.names}.",
                do="Give one of them alone, or files written alike.",
            )
    return table.schema_arrow


def _picture_column(schema: Any, place: str) -> str:
    for field in schema:
        kind = field.type
        if hasattr(kind, "get_field_index") and kind.get_field_index("bytes") >= 0:
            return str(field.name)
    raise DataError(
        f"{place} holds no pictures.",
        why=f"No column is a struct with `bytes` (columns: {', '.join(schema.names)}).",
        do="Write the encoded pictures into a column image: struct<bytes: binary, path: string>.",
    )


def _read(tables: Tables, column: str, count: int) -> Iterator[Any]:
    """The first `count` values of a column, a thousand at a time."""
    for path, table in tables.items():
        with _clear_errors(path):
            for part in table.iter_batches(1000, columns=[column]):
                if count <= 0:
                    return
                yield from part.column(0)[:count].to_pylist()
                count -= len(part)


def _read_pictures(tables: Tables, column: str, count: int) -> MemoryFiles:
    content, ends, paths = bytearray(), [0], list[str]()
    room = memory() // 2
    for picture in _read(tables, column, count):
        picture = picture or {}
        content += picture.get("bytes") or b""  # an empty file: skipped and named later
        ends.append(len(content))
        paths.append(picture.get("path") or "")
        if len(content) > room:
            raise DataError(
                f"The pictures do not fit into half of the memory ({room / 2**30:.1f} GiB).",
                do="Write them into a folder, one file each, or take fewer with limit=…",
            )
    span = torch.tensor(list(itertools.pairwise(ends)), dtype=torch.int64)
    data = torch.frombuffer(content, dtype=torch.uint8) if content else torch.empty(0).byte()
    return MemoryFiles(Paths.of(_names(paths)), data, span.view(-1, 2))


def _names(paths: Sequence[str]) -> list[str]:
    """The paths where they tell the rows apart, else the rows' numbers with them."""
    if all(paths) and len(set(paths)) == len(paths):
        return list(paths)
    return [f"row {row} {path}".rstrip() for row, path in enumerate(paths)]


def _read_labels(tables: Tables, count: int, place: str) -> Int[Tensor, " n"]:
    values = [-1 if value is None else value for value in _read(tables, LABEL, count)]
    if not all(isinstance(value, int) and value >= -1 for value in values):
        raise DataError(
            f"The column {LABEL!r} of {place} holds something else than class numbers.",
            do="Number the classes from 0; -1 or empty means no label.",
        )
    return torch.tensor(values, dtype=torch.int64)


def _class_names(schema: Any, label: Int[Tensor, " n"], place: str) -> tuple[str, ...]:
    highest = int(label.max()) if len(label) else -1
    names = _names_in(schema.metadata or {}) or [str(number) for number in range(highest + 1)]
    if highest >= len(names):
        raise DataError(
            f"{place} names {len(names)} classes, but has labels up to {highest}.",
            do="Mend the names in the schema's metadata, or the labels.",
        )
    if len(set(names)) < len(names):
        raise DataError(
            f"{place} gives two classes the same name.",
            why=f"They are: {', '.join(map(repr, names))}.",
            do="Mend the names in the schema's metadata.",
        )
    return tuple(names)


def _names_in(metadata: dict[bytes, bytes]) -> list[str]:
    try:
        if b"class_names" in metadata:
            return [str(name) for name in json.loads(metadata[b"class_names"])]
        about = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {})
        return [str(name) for name in about.get("features", {}).get(LABEL, {}).get("names", [])]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            "The names of the classes cannot be read from the schema's metadata.",
            why=f"Reason: {error}",
            do='Write them under "class_names", as a JSON list of words.',
        ) from error
