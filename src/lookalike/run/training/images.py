"""The images of a recipe, and what people are told of them."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from lookalike import files
from lookalike.data.labels import noisy
from lookalike.data.ledger import tolerated
from lookalike.data.opening import open_source, reopen
from lookalike.data.sources import Source
from lookalike.errors import DataError, UsageError
from lookalike.randomness import number
from lookalike.recipe.build import method_kind
from lookalike.recipe.schema import Recipe
from lookalike.run.folder import RunFolder


def open_images(
    recipe: Recipe,
    console: Console,
    *,
    folder: RunFolder | None = None,
    cache: Path | None = None,
    strict: bool = False,
) -> Source:
    """Opens the training images.

    Args:
        recipe: says which.
        console: who is told what was found.
        folder: of a run; if it has begun, it goes on with the images that it began with.
        cache: folder where small pictures are packed once, and what was found is kept.
        strict: stop at the first unreadable picture instead of leaving some out.

    Raises:
        UsageError: the recipe does not say which images.
        DataError: they cannot be used, or too many of them.
    """
    if recipe.data.path is None:
        raise UsageError(
            "The recipe does not say which images.",
            do="Add --data with a folder of images, a Parquet file or a named set.",
        )
    console.print(f"reading {recipe.data.path}")
    source = _as_before(recipe, console, folder, cache) or open_source(
        recipe.data.path,
        "train",
        cache=cache,
        limit=recipe.data.limit,
        pixels=recipe.data.pixels,
    )
    if share := recipe.data.label_noise:
        seed = number("labels", recipe.seed)
        source.label = noisy(source.label, len(source.classes), share, seed)
        console.print(f"{share:.0%} of the labels are replaced at random")
    unused = source.classes and method_kind(recipe).labels == "unused"
    console.print(f"{source.name}{'; labels are used only for scoring' if unused else ''}")
    books = source.ledger
    if books.lost or books.remarks:
        console.print(books.summary())
    books.allowed = 0 if strict else tolerated(recipe.data.tolerate, books.lost + books.used)
    books.check()
    return source


@contextlib.contextmanager
def telling_losses(source: Source, console: Console, write: Callable[[], None]) -> Iterator[None]:
    """Pictures that turn out to be odd or unreadable while the block lasts are told and written down.

    Args:
        source: whose books grow.
        console: who is told.
        write: writes the books.
    """
    before = source.ledger.as_dict()
    try:
        yield
    finally:
        if source.ledger.as_dict() != before:
            console.print(f"in the end: {source.ledger.summary()}")
            write()


def _as_before(
    recipe: Recipe, console: Console, folder: RunFolder | None, cache: Path | None
) -> Source | None:
    """The images with which a run began, if it has begun and they are still known."""
    if folder is None or cache is None or not folder.data.exists():
        return None
    before = files.read_json(folder.data)
    found = reopen(str(before.get("fingerprint")), cache, pixels=recipe.data.pixels)
    if found is None:
        return None
    source, changed = found
    source.ledger.go_on(before)
    if changed:
        console.print(
            "files have come or gone since this run began: it goes on with those it knew",
            highlight=False,
        )
    return source


def check_labels(recipe: Recipe, source: Source) -> None:
    """Raises a DataError where the method learns from labels that are not there."""
    kind, missing = method_kind(recipe), int((source.label < 0).sum())
    allowed = {"unused": len(source), "some": len(source) - 1, "all": 0}[kind.labels]
    if missing > allowed:
        raise DataError(
            f"{kind.__name__} learns from labels, and {missing:,} of the {len(source):,} images "
            "have none.",
            do="Put the images into one folder per class, or choose a method without labels.",
        )
