"""`lookalike embed`: features of pictures, for other programs."""

from pathlib import Path
from typing import Literal

OUT = Path("embeddings")


def command(
    what: str,
    /,
    *,
    data: str | None = None,
    out: Path = OUT,
    dtype: Literal["float32", "float16"] = "float32",
    limit: int | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    workers: int | None = None,
) -> None:
    """Write the features of pictures: features.npy with index.csv, or one Parquet file.

    The same command goes on where it was stopped. What was made is kept in the run, so that search,
    duplicates and outliers find it.

    $ lookalike embed runs/simclr-photos --data photos/ --out embeddings/
    $ lookalike embed runs/simclr-photos --out embeddings.parquet --dtype float16

    Args:
        what: a run folder or an encoder folder.
        data: the pictures; those of the run if not given.
        out: a .parquet file, or a folder; embeddings/ if not given.
        dtype: of the numbers; float16 takes half the room.
        limit: take the first this many pictures; a run's own number if not given.
        device: where to compute; auto takes a GPU if there is one.
        workers: processes that decode photos; one per core if not given.
    """
    from lookalike.start import embed

    embed(what, data=data, out=out, dtype=dtype, limit=limit, device=device, workers=workers)
