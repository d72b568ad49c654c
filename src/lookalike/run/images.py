"""The images of a recipe, and what people are told of them."""

from pathlib import Path

from rich.console import Console

from lookalike.data.ledger import counted
from lookalike.data.sources import Source, open_source
from lookalike.errors import DataError, UsageError
from lookalike.recipe.build import method_kind
from lookalike.recipe.schema import Recipe


def open_images(
    recipe: Recipe, console: Console, *, cache: Path | None = None, strict: bool = False
) -> Source:
    """Opens the training images.

    Args:
        recipe: says which.
        console: who is told what was found.
        cache: folder where small pictures are packed once.
        strict: stop at unreadable pictures instead of leaving them out.

    Raises:
        UsageError: the recipe does not say which images.
        DataError: they cannot be used.
    """
    if recipe.data.path is None:
        raise UsageError(
            "The recipe does not say which images.",
            do="Add --data with a folder of images, a Parquet file or a named set.",
        )
    console.print(f"reading {recipe.data.path}")
    source = open_source(recipe.data.path, "train", cache=cache, limit=recipe.data.limit)
    unused = source.classes and method_kind(recipe).labels == "unused"
    console.print(f"{source.name}{'; labels are used only for scoring' if unused else ''}")
    if source.ledger.skipped:
        console.print(source.ledger.summary())
        if strict:
            raise DataError(
                f"{counted(len(source.ledger.skipped), 'picture')} cannot be read.",
                do="Mend or remove them, or leave out --strict to train without them.",
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
