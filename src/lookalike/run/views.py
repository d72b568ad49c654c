"""A look at the views before any training: as a picture, and by label-free numbers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console

from lookalike.data.loading import Loader
from lookalike.data.sources import Images, Photos, Source
from lookalike.gallery.views_sheet import views_sheet
from lookalike.method import Batch
from lookalike.randomness import image_keys
from lookalike.recipe.schema import Recipe
from lookalike.run.training.images import open_images
from lookalike.run.workers import count_workers
from lookalike.views.policy import Policy
from lookalike.views.presets import SINGLE, only
from lookalike.views.render import draw
from lookalike.views.shortcuts import found_by_colour, overlap

SAMPLE = 256
"""Images that the advice is based on."""

_COLOUR = ("jitter", "augment", "drop")  # what needs three channels in its usual strength


def show_views(
    recipe: Recipe,
    out: Path,
    *,
    rows: int = 8,
    columns: int = 4,
    single: bool = False,
    workers: int | None = None,
    console: Console,
) -> None:
    """Writes a sheet of the recipe's views and prints what they give away.

    Args:
        recipe: with its data named.
        out: of the PNG.
        rows: images shown.
        columns: views shown of each of the recipe's policies.
        single: shows every operation by itself instead, each in a column.
        workers: processes that decode photos, or None for one per core.
        console: where the advice goes.

    Raises:
        UsageError: the views do not suit the images.
        DataError: the images cannot be used.
        StorageError: the picture cannot be written.
    """
    source = open_images(recipe, console)
    if single:
        names = [name for name in SINGLE if source.channels == 3 or name not in _COLOUR]
        alone = [only(name, recipe.views[0].size) for name in names]
        views_sheet(source, alone, out, seed=recipe.seed, rows=rows, columns=1, captions=names)
    else:
        views_sheet(source, recipe.views, out, seed=recipe.seed, rows=rows, columns=columns)
    console.print(f"wrote {out}")
    if not single and len(recipe.views) > 1 and len(source) > 1:
        for line in advice(source, recipe.views, seed=recipe.seed, workers=count_workers(workers)):
            console.print(line)


def advice(
    source: Source, policies: tuple[Policy, ...], *, seed: int, workers: int
) -> Iterator[str]:
    """What the first two views of an image give away, in sentences.

    How much their crops overlap, and how often the colour histogram alone finds a view's partner
    among those of the other images, before and after what happens to the colours.
    """
    batch, count = _views(source, policies, seed, workers), min(SAMPLE, len(source))
    shares = overlap(*_boxes(source, policies, batch.image, seed))
    yield (
        f"two crops of an image overlap by {shares.mean():.0%} on average, and "
        f"{(shares < 0.05).double().mean():.0%} of them hardly at all"
    )
    cropped = tuple(Policy(size=p.size, crop=p.crop, flip=p.flip) for p in policies)
    before = found_by_colour(*_views(source, cropped, seed, workers).views[:2])
    after = found_by_colour(*batch.views[:2])
    yield (
        f"by its colour histogram alone a crop finds its partner among {count} in {before:.0%} of "
        f"cases, a finished view in {after:.0%} (chance {1 / count:.1%})"
    )
    if after > 0.5:
        yield (
            "so colours give most pairs away, and a network may learn little else: "
            "strengthen views.jitter or views.drop"
        )


def _views(source: Source, policies: tuple[Policy, ...], seed: int, workers: int) -> Batch:
    shown = tuple(replace(policy, normalize=None, erase=None) for policy in policies[:2])
    count, cpu = min(SAMPLE, len(source)), torch.device("cpu")
    loader = Loader(source, shown, batch=count, seed=seed, device=cpu, workers=workers)
    return next(loader.batches(0, 1))


def _boxes(
    source: Source, policies: tuple[Policy, ...], image: torch.Tensor, seed: int
) -> list[torch.Tensor]:
    key = image_keys(seed, 0, image)
    if isinstance(source, Photos):
        sizes = source.sizes[image]
    else:
        assert isinstance(source, Images)  # noqa: S101 - there are two kinds of source
        sizes = torch.tensor([source.images.shape[2:]]).expand(len(image), 2)
    return [draw(policy, key, view, sizes).box for view, policy in enumerate(policies[:2])]
