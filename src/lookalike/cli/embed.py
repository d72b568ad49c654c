"""`lookalike embed`: features of pictures, for other programs."""

from pathlib import Path
from typing import Literal

from lookalike.cli.options import PICTURES, Pictures

OUT = Path("embeddings")


def command(
    what: str,
    /,
    *,
    out: Path = OUT,
    dtype: Literal["float32", "float16"] = "float32",
    pictures: Pictures = PICTURES,
) -> None:
    """Write the features of pictures: features.npy with index.csv, or one Parquet file.

    The same command goes on where it was stopped. What was made is kept in the run, so that search,
    duplicates and outliers find it.

    $ lookalike embed runs/simclr-photos --data photos/ --out embeddings/
    $ lookalike embed runs/simclr-photos --out embeddings.parquet --dtype float16

    Args:
        what: a run folder or an encoder folder.
        out: a .parquet file, or a folder; embeddings/ if not given.
        dtype: of the numbers; float16 takes half the room.
    """
    from lookalike.start import embed

    embed(what, out=out, dtype=dtype, **pictures.as_dict())
