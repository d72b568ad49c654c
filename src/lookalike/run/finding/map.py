"""The map of a collection, as a page and for papers."""

import math
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from lookalike.data.ledger import counted
from lookalike.data.loading import in_order
from lookalike.data.sources import Source, chosen
from lookalike.gallery.map_drawing import write_drawing
from lookalike.gallery.map_page import Map, write_map
from lookalike.gallery.map_tiles import side_for
from lookalike.gallery.sheet import as_pixels
from lookalike.randomness import order
from lookalike.run.finding.collection import Collection
from lookalike.run.finding.index import Index
from lookalike.run.finding.map_colours import NEAR, colours, faithful
from lookalike.run.finding.outliers import neighbourhood
from lookalike.run.finding.projection import project, suited
from lookalike.views.policy import Fit, Policy

POINTS = 50_000
"""As many images are drawn where nobody says how many; more make a page large and slow."""

_NAMES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
_SLOW = 10_000  # points of which t-SNE takes minutes


def draw_map(
    collection: Collection, out: Path, *, by: str | None, png: Path | None, limited: bool, seed: int
) -> Map:
    """Writes the map as a page, and for papers.

    Args:
        collection: the pictures and the encoder.
        out: of the page.
        by: "pca", "tsne" or "umap"; None is the one that suits the number of images.
        png: of the drawing, which ends in .png, .pdf or .svg; None draws none.
        limited: the number of pictures was chosen, so all are drawn.
        seed: of samples, clusters and projections.

    Raises:
        DataError: fewer than four pictures can be read.
        MissingExtraError: umap-learn is not installed.
        NumericalError: the features are all the same, or not finite.
        StorageError: a file cannot be written.
    """
    whole, notes = len(collection.source), []
    if whole > POINTS and not limited:
        rows = order(seed, 0, whole)[:POINTS].sort().values
        collection = replace(collection, source=chosen(collection.source, rows))
        notes = [f"These are {POINTS:,} of {whole:,} images, drawn at random."]
        collection.tell(notes[0] + " Choose another number with --limit.")
    index = collection.index()
    by = by or suited(len(index))
    collection.tell(f"projecting {counted(len(index), 'picture')} with {by}{_patience(by, index)}")
    drawn = _mapped(collection, index, by, notes, seed)
    write_map(drawn, out)
    if png:
        write_drawing(drawn, png)
    return drawn


def _patience(by: str, index: Index) -> str:
    """How long it takes, where it is long."""
    if by != "tsne" or len(index) <= _SLOW:
        return ""
    minutes = len(index) * math.log2(len(index)) / (_SLOW * math.log2(_SLOW))
    return f"; it takes {minutes:.0f} to {5 * minutes:.0f} minutes"


def _mapped(collection: Collection, index: Index, by: str, notes: list[str], seed: int) -> Map:
    values = index.values(slice(None))
    found = project(values, by, seed)
    near = neighbourhood(index, NEAR)
    return Map(
        title=f"Map of {Path(index.place).name or index.place}",
        about=[collection.source.name, f"{_NAMES[by]} of {collection.by}"],
        notes=[found.about, faithful(found.places, near), *notes],
        axes=found.axes,
        places=found.places,
        names=[index.path(row) for row in range(len(index))],
        colours=list(colours(index, values, near, seed)),
        pictures=_pictures(collection, index),
    )


def _pictures(collection: Collection, index: Index) -> UInt8[Tensor, "n c s s"]:
    """Small pictures of an index, black where one cannot be read any more."""
    source: Source = chosen(index.source, torch.from_numpy(index.features.image))
    side, sight = side_for(len(source)), collection.sight
    small = torch.zeros((len(source), source.channels, side, side), dtype=torch.uint8)
    policy = Policy(size=side, crop=Fit(), flip=0.0)
    cpu = torch.device("cpu")
    for batch in in_order(source, policy, batch=512, device=cpu, workers=sight.workers):
        small[batch.image] = as_pixels(batch.views[0])
    return small
