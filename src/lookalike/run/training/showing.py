"""What an encoder makes of some of the images it was trained on, for people: neighbours and a map."""

from collections import Counter

import torch
from jaxtyping import Int
from rich.console import Console
from torch import Tensor

from lookalike.data.sources import Source, chosen
from lookalike.gallery.found_page import SIDE
from lookalike.gallery.neighbours import Seen, write_neighbours
from lookalike.randomness import number, order
from lookalike.run.finding.collection import Collection, pixels_of
from lookalike.run.finding.index import Index
from lookalike.run.finding.map import draw_map
from lookalike.run.finding.map_colours import agreement
from lookalike.run.finding.outliers import Neighbourhood, neighbourhood
from lookalike.run.finding.sight import Sight
from lookalike.run.folder import RunFolder
from lookalike.run.load import load
from lookalike.run.training.announcement import warn
from lookalike.training.runtime import Runtime

SAMPLE = 3000
"""Images that are looked at, so that it takes seconds; of more, a random part."""

ROWS, NEAR = 10, 8
"""Images whose neighbours are shown, and how many of them."""


def show(
    folder: RunFolder, source: Source, runtime: Runtime, workers: int, console: Console
) -> None:
    """Draws the nearest neighbours of some images, and a map, into the folder of a finished run.

    What cannot be drawn is told and left out.

    Args:
        folder: of the run, with its encoder.
        source: the images it was trained on.
        runtime: where to compute.
        workers: processes that decode photos.
        console: who is told about it.
    """
    try:
        with folder.locked():
            collection = _some(folder, source, runtime, workers)
            show_neighbours(collection, folder, of=len(source))
            console.print(f"what it finds alike: {folder.neighbours}", highlight=False)
            page, seed = folder.sampled_map, folder.read_recipe().seed
            draw_map(collection, page, by="pca", png=folder.map, limited=True, seed=seed)
    except Exception as error:  # training is over and saved: no picture may make it fail
        warn(console, f"some pictures of what it learned could not be drawn: {error}")


def _some(folder: RunFolder, source: Source, runtime: Runtime, workers: int) -> Collection:
    """Images drawn at random, and the run's encoder to see them."""
    recipe, pretrained = folder.read_recipe(), load(folder.path)
    rows = order(number("showing", recipe.seed), 0, len(source))[:SAMPLE].sort().values
    sight = Sight(runtime.place(pretrained.encoder), pretrained.policy, runtime, workers)
    place = recipe.data.path or ""
    return Collection(place, chosen(source, rows), pretrained, sight, folder.cache, lambda _: None)


def show_neighbours(collection: Collection, folder: RunFolder, of: int) -> None:
    """Draws the neighbours of a few images, of all classes in turn.

    Args:
        collection: the images that are compared.
        folder: of the run.
        of: how many images it was trained on.
    """
    index = collection.index()
    near = neighbourhood(index, NEAR)
    label = index.source.label[torch.from_numpy(index.features.image)]
    shares = agreement(label, near.row)
    known = shares[shares.isfinite()]
    rows = _in_turn(label)[:ROWS]
    write_neighbours(
        [_seen(index, near, row) for row in rows[label[rows].argsort(stable=True)].tolist()],
        folder.neighbours,
        searched=len(index),
        of=of,
        agreement=known.mean().item() if len(known) else None,
    )


def _in_turn(label: Int[Tensor, " n"]) -> Int[Tensor, " n"]:
    """All rows in a random order, but one of each class, then a second one of each, and so on."""
    seen: Counter[int] = Counter()
    rows, turns = order(0, 0, len(label)), []
    for kind in label[rows].tolist():
        turns.append(seen[kind])
        seen[kind] += 1
    return rows[torch.tensor(turns).argsort(stable=True)]


def _seen(index: Index, near: Neighbourhood, row: int) -> list[Seen]:
    """An image and its neighbours."""
    rows, distances = near.row[row].tolist(), near.distance[row].tolist()
    found = [(row, 1.0), *((other, 1 - far) for other, far in zip(rows, distances, strict=True))]
    return [_one(index, other, cosine) for other, cosine in found]


def _one(index: Index, row: int, cosine: float) -> Seen:
    where = int(index.features.image[row])
    pixels = pixels_of(index.source, where, SIDE)
    return Seen(pixels, index.source.names[where], index.label(row), cosine)
