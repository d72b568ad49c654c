"""The map of a collection: where its pictures lie, and what is known of each."""

import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Float, Int, UInt8
from scipy.spatial import KDTree
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from lookalike.data.ledger import counted
from lookalike.data.loading import in_order
from lookalike.data.sources import Source, chosen
from lookalike.gallery.map_drawing import write_drawing
from lookalike.gallery.map_page import Classes, Map, Scale, write_map
from lookalike.gallery.map_tiles import side_for
from lookalike.gallery.sheet import as_pixels
from lookalike.randomness import number, order
from lookalike.run.collection import Collection
from lookalike.run.index import Index
from lookalike.run.projection import project, suited
from lookalike.views.policy import Fit, Policy

POINTS = 50_000
"""As many images are drawn where nobody says how many; more make a page large and slow."""

_NEAR = 10  # images that each one is compared with
_SLOW = 10_000  # points of which t-SNE takes minutes
_CLUSTERS = 10  # where there are no classes to count
_WHOLE = 20_000  # images that k-means takes all at once


class Neighbourhood(NamedTuple):
    """The nearest images of each one, the nearest first.

    Args:
        distance: 1 - cosine.
        row: which images.
    """

    distance: Float[Tensor, "n k"]
    row: Int[Tensor, "n k"]


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
    minutes = len(index) / _SLOW * math.log2(max(2, len(index))) / math.log2(_SLOW)
    return f"; about {minutes:.0f} to {5 * minutes:.0f} minutes" * (
        by == "tsne" and len(index) > _SLOW
    )


def _mapped(collection: Collection, index: Index, by: str, notes: list[str], seed: int) -> Map:
    values = index.values(slice(None))
    found = project(values, by, seed)
    near = _neighbourhood(index)
    return Map(
        title=f"Map of {Path(index.place).name or index.place}",
        about=[collection.source.name, {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}[by]],
        notes=[found.about, _faithful(found.places, near), *notes],
        axes=found.axes,
        places=found.places,
        names=[index.path(row) for row in range(len(index))],
        colours=list(_colours(index, values, near, seed)),
        pictures=_pictures(collection, index),
    )


def _neighbourhood(index: Index) -> Neighbourhood:
    blocks = [(1 - near, rows) for _, near, rows in index.neighbours(_NEAR)]
    return Neighbourhood(*(torch.cat(column) for column in zip(*blocks, strict=True)))


def _faithful(places: Float[Tensor, "n 2"], near: Neighbourhood) -> str:
    """How much of what is near the plane shows."""
    k = near.row.shape[1]
    _, rows = KDTree(places.numpy()).query(places.numpy(), k + 1)
    on_map = torch.from_numpy(rows).long()
    common = (near.row[:, :, None] == on_map[:, None]).sum((1, 2)).double() / k
    return (
        f"A map cannot show everything: of the {k} nearest images in the features, "
        f"{100 * common.mean().item():.0f} % are among the {k} nearest on it."
    )


def _colours(
    index: Index, values: Float[Tensor, "n d"], near: Neighbourhood, seed: int
) -> Iterator[Classes | Scale]:
    label, classes = (
        index.source.label[torch.from_numpy(index.features.image)],
        index.source.classes,
    )
    labelled = bool((label >= 0).any())
    if labelled:
        yield Classes("class", classes, label)
    cluster = _clusters(values, len(classes) if len(classes) > 1 else _CLUSTERS, seed)
    names = [f"cluster {number}" for number in range(1, int(cluster.max()) + 2)]
    yield Classes("cluster", names, cluster)
    k = near.row.shape[1]
    yield Scale(
        "outlier score",
        f"How far an image lies from its {k} nearest, over how far these lie from theirs; the "
        "highest 1 % share a colour.",
        _outlying(near),
    )
    if labelled:
        about = (
            f"The share of an image's {k} nearest that are of its class; low ones may be mistakes."
        )
        yield Scale("neighbour agreement", about, agreement(label, near.row), striking="low")


def _outlying(near: Neighbourhood) -> Float[Tensor, " n"]:
    """The score of `lookalike outliers`, cut at its 99th percentile."""
    distance = near.distance.double().mean(1).clamp(min=1e-6)
    score = distance / distance[near.row].mean(1)
    return score.clamp(max=score.quantile(0.99))


def agreement(label: Int[Tensor, " n"], row: Int[Tensor, "n k"]) -> Float[Tensor, " n"]:
    """The share of each image's labelled neighbours with its label; NaN where that is nothing.

    Args:
        label: of each image, -1 where there is none.
        row: its neighbours.
    """
    others = label[row]
    known = (others >= 0) & (label >= 0)[:, None]
    same = (others == label[:, None]) & known
    return same.sum(1).double() / known.sum(1).double()


def _clusters(values: Float[Tensor, "n d"], count: int, seed: int) -> Int[Tensor, " n"]:
    """Clusters of k-means, the largest first."""
    kind = KMeans if len(values) <= _WHOLE else MiniBatchKMeans
    state = number("map clusters", seed) % 2**32
    with warnings.catch_warnings():  # of fewer distinct features than clusters
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = kind(min(count, len(values)), n_init=3, random_state=state)
        found = torch.from_numpy(model.fit_predict(values.numpy())).long()
    rank = found.bincount().argsort(descending=True, stable=True).argsort()
    return rank[found]


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
