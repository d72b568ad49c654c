"""Features of pictures as a table that other programs read."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import lookalike
from lookalike import files
from lookalike.data.sources import Photos
from lookalike.errors import MissingExtraError, NumericalError
from lookalike.run.finding.collection import Collection
from lookalike.run.finding.embeddings import write_npy
from lookalike.run.finding.index import Index

_ROWS = 8192  # in memory at once


def write_embeddings(collection: Collection, what: Path, out: Path, kind: str) -> int:
    """Writes features and what they are of.

    Args:
        collection: the pictures and their encoder.
        what: the encoder, as it was named.
        out: a .parquet file, or a folder that gets `features.npy` [n, d], `index.csv` (one line for
            each row: row, path, class, height, width), `ledger.json` (what became of every picture
            found) and `about.json`.
        kind: of the numbers, float32 or float16.

    Returns:
        How many pictures were written.

    Raises:
        DataError: not one picture can be read.
        NumericalError: a feature is too large for float16.
        StorageError: the disk refused.
    """
    index = collection.index()
    about = {
        "lookalike": lookalike.__version__,
        "encoder": str(what),
        "data": collection.place,
        "fingerprint": collection.sight.identity(collection.source),
        "view": repr(collection.sight.policy),
        "computed_in": str(collection.sight.runtime.precision).removeprefix("torch."),
        "classes": list(collection.source.classes),
        "pictures": len(index),
    }
    if out.suffix == ".parquet":
        _write_parquet(index, out, kind, about)
    else:
        values = index.features.values
        write_npy(out / "features.npy", values.shape, _parts(index, kind), np.dtype(kind))
        with files.replacing(out / "index.csv") as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            rows = csv.writer(text, lineterminator="\n")
            rows.writerow(("row", "path", "class", "height", "width"))
            rows.writerows((row, *_facts(index, row)) for row in range(len(index)))
            text.detach()
        files.write_json(out / "ledger.json", collection.source.ledger.as_dict())
        files.write_json(out / "about.json", about)
    return len(index)


def _facts(index: Index, row: int) -> tuple[str, str, int, int]:
    source = index.source
    if isinstance(source, Photos):
        height, width = source.sizes[int(index.features.image[row])].tolist()
    else:
        height, width = source.images.shape[2:]  # type: ignore[attr-defined]
    return index.path(row), index.label(row), height, width


def _parts(index: Index, kind: str) -> Iterator[np.ndarray]:
    for first in range(0, len(index), _ROWS):
        part = index.features.values[first : first + _ROWS]
        if np.abs(part).max() > np.finfo(kind).max:
            raise NumericalError(
                f"The features reach {np.abs(part).max():.0f}, too large for {kind}.",
                do="Leave out --dtype: float32 holds them.",
            )
        yield part.astype(kind)


def _write_parquet(index: Index, out: Path, kind: str, about: dict[str, Any]) -> None:
    """Columns path, class, height, width, features (a list of fixed length)."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet") from error
    width = index.features.values.shape[1]
    schema = pa.schema(
        [
            ("path", pa.string()),
            ("class", pa.string()),
            ("height", pa.int32()),
            ("width", pa.int32()),
            ("features", pa.list_(pa.from_numpy_dtype(kind), width)),
        ],
        metadata={"lookalike": json.dumps(about | index.source.ledger.as_dict())},
    )
    with files.replacing(out) as file, parquet.ParquetWriter(file, schema) as table:
        first = 0
        for part in _parts(index, kind):
            facts = zip(*(_facts(index, first + i) for i in range(len(part))), strict=True)
            values = pa.FixedSizeListArray.from_arrays(pa.array(part.ravel()), width)
            columns = [pa.array(each) for each in facts]
            table.write_batch(pa.record_batch([*columns, values], schema=schema))
            first += len(part)
