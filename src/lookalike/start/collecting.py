"""The pictures that an encoder is asked about."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from lookalike.recipe.requests import check_pictures

if TYPE_CHECKING:
    from lookalike.run.finding.collection import Collection


def collection(
    what: str | PathLike[str],
    data: str | Path | None,
    limit: int | None,
    device: str,
    workers: int | None,
    console: Console,
    *,
    approximate: bool = False,
) -> "Collection":
    """See `open_collection`; what is wrong with the arguments is told before torch is imported."""
    check_pictures(Path(what), data, limit, workers, approximate=approximate)

    from lookalike.run.finding.collection import open_collection

    return open_collection(
        Path(what),
        None if data is None else str(data),
        limit=limit,
        device=device,
        workers=workers,
        console=console,
        approximate=approximate,
    )
