"""What a map says of each picture: class, cluster, outlier score, neighbour agreement."""

import warnings
from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from scipy.spatial import KDTree
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from lookalike.gallery.map_page import Classes, Scale
from lookalike.randomness import number
from lookalike.run.finding.index import Index
from lookalike.run.finding.outliers import Neighbourhood, isolation

NEAR = 10
"""Images that each one is compared with."""

_CLUSTERS = 10  # where there are no classes to count
_WHOLE = 20_000  # images that k-means takes all at once


def faithful(places: Float[Tensor, "n 2"], near: Neighbourhood) -> str:
    """A sentence on how much of what is near lies together.

    Args:
        places: on the map.
        near: the nearest images in the features.
    """
    k = near.row.shape[1]
    _, rows = KDTree(places.numpy()).query(places.numpy(), k + 1)
    on_map = torch.from_numpy(rows).long()
    common = (near.row[:, :, None] == on_map[:, None]).sum((1, 2)).double() / k
    return (
        f"A map cannot show everything: of the {k} nearest images in the features, "
        f"{100 * common.mean().item():.0f}\u00a0% are among the {k} nearest on it."
    )


def colours(
    index: Index, values: Float[Tensor, "n d"], near: Neighbourhood, seed: int
) -> Iterator[Classes | Scale]:
    """All that can be known: without labels neither class nor agreement.

    Args:
        index: of the pictures.
        values: their features.
        near: the nearest images.
        seed: of the clusters.
    """
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
    _, score = isolation(near)
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
