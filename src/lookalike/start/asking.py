"""`lookalike.search`, `duplicates` and `outliers`: pictures as an encoder sees them."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.recipe.requests import check_duplicates, check_least, check_search
from lookalike.start.collecting import collection
from lookalike.start.console import console

if TYPE_CHECKING:
    from lookalike.run.finding.alike import Duplicates
    from lookalike.run.finding.outliers import Outlier
    from lookalike.run.finding.search import Found


def search(
    what: str | PathLike[str],
    *queries: str | Path,
    data: str | Path | None = None,
    top: int = 10,
    approximate: bool = False,
    out: str | Path | None = None,
    limit: int | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "Found":
    """The pictures most like those of the queries; all are compared, and none finds itself.

    Args:
        what: a run folder or an encoder folder.
        queries: pictures, folders of them, Parquet files or named sets.
        data: the pictures to search; those of the run if not given.
        top: how many to find for each query.
        approximate: ask only the cells of pictures near each query, for many queries in more than a
            million pictures (needs the extra ann).
        out: an HTML page that gets them with small pictures.
        limit: searches the first this many pictures; a run's own number if not given.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there is no picture that can be read.
        StorageError: there is no encoder, or the page cannot be written.
    """
    check_search(queries, top)
    told = console(quiet=quiet, stderr=True)
    searched = collection(what, data, limit, device, workers, told, approximate=approximate)

    from lookalike.run.finding import found as pages
    from lookalike.run.finding.search import search as ask

    found = ask(searched, [str(each) for each in queries], top)
    if out is not None:
        pages.search_page(found, Path(out))
        told.print(f"page: {out}")
    return found


def duplicates(
    what: str | PathLike[str],
    *,
    data: str | Path | None = None,
    threshold: float | None = None,
    approximate: bool = False,
    out: str | Path | None = None,
    limit: int | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "Duplicates":
    """Groups of nearly equal pictures.

    Args:
        what: a run folder or an encoder folder.
        data: the pictures; those of the run if not given.
        threshold: similarity from which on two pictures are the same; if not given, one that gently
            changed copies reach, and the pixels decide.
        approximate: ask only the cells near each picture, see `search`.
        out: an HTML page that gets them with small pictures.
        limit: takes the first this many pictures; a run's own number if not given.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there is no picture that can be read.
        StorageError: there is no encoder, or the page cannot be written.
    """
    check_duplicates(threshold)
    told = console(quiet=quiet, stderr=True)
    compared = collection(what, data, limit, device, workers, told, approximate=approximate)

    from lookalike.run.finding import alike
    from lookalike.run.finding import found as pages

    found = alike.duplicates(compared, threshold=threshold)
    if out is not None:
        pages.duplicates_page(found, Path(out))
        told.print(f"page: {out}")
    return found


def outliers(
    what: str | PathLike[str],
    *,
    data: str | Path | None = None,
    top: int = 20,
    k: int = 10,
    approximate: bool = False,
    out: str | Path | None = None,
    limit: int | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "list[Outlier]":
    """The pictures that are least like any other, the farthest first.

    Args:
        what: a run folder or an encoder folder.
        data: the pictures; those of the run if not given.
        top: how many to name.
        k: nearest pictures that each one is compared with.
        approximate: ask only the cells near each picture, see `search`.
        out: an HTML page that gets them as small pictures.
        limit: takes the first this many pictures; a run's own number if not given.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there are not two pictures that can be read.
        StorageError: there is no encoder, or the page cannot be written.
    """
    check_least(1, top=top, k=k)
    told = console(quiet=quiet, stderr=True)
    compared = collection(what, data, limit, device, workers, told, approximate=approximate)

    from lookalike.run.finding import found as pages
    from lookalike.run.finding import outliers as finding

    index = compared.index()
    found = finding.outliers(index, k=k, top=top)
    if out is not None:
        pages.outliers_page(found, index, Path(out))
        told.print(f"page: {out}")
    return found
