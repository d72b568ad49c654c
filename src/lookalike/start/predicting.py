"""`lookalike.predict`."""

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.recipe.requests import check_predict
from lookalike.start.console import console

if TYPE_CHECKING:
    from lookalike.run.judging.predict import Prediction


def predict(
    run: str | PathLike[str],
    *images: str | Path,
    out: str | Path | None = None,
    top: int = 3,
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "Iterator[Prediction]":
    """Classes of pictures with their probabilities, one after the other.

    Args:
        run: a run folder.
        images: pictures, folders of them, Parquet files or named sets.
        out: a .csv or .json file that gets them as well, once the last one is asked for.
        top: how many classes are told of each picture.
        data: labelled images to fit the linear probe to; if not given, the probe that is kept in the
            run, or the run's own images.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there are no labels to learn from, or no picture can be read.
        StorageError: there is no encoder, or a file cannot be written.
    """
    place = Path(out) if out else None
    check_predict(Path(run), images, place, top, data)

    from lookalike.run.judging.predict import predict_run, written

    found = predict_run(
        Path(run),
        [str(each) for each in images],
        top=top,
        data=None if data is None else str(data),
        device=device,
        workers=workers,
        console=console(quiet=quiet, stderr=True),
    )
    return found if place is None else written(found, place, top=top)
