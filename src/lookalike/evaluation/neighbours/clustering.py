"""Clusters found without labels, compared with the classes."""

import warnings
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.errors import DataError, UsageError
from lookalike.evaluation.comparing.resampling import SETS, interval
from lookalike.evaluation.features import Features
from lookalike.evaluation.metrics import Estimate, Outcome
from lookalike.evaluation.neighbours.contingency import (
    Table,
    accuracy,
    adjusted_rand,
    matching,
    mutual_information,
    redrawn,
    tabulate,
)
from lookalike.randomness import number

_MANY = 100_000  # training images from which k-means takes them batch by batch


def kmeans(
    train: Features,
    test: Features,
    *,
    classes: int,
    seed: int = 0,
    clusters: int | None = None,
    restarts: int = 10,
) -> Outcome:
    """k-means on normalised features: do the images of a class lie together by themselves?

    Clusters are fitted to the training features without their labels, and each test image belongs
    to the nearest centre, as in clustering papers with a test set (SCAN, Van Gansbeke et al.,
    2020). NMI is mutual information divided by the mean of both entropies; ARI is the Rand index
    adjusted for chance, 0 where chance alone agrees as well, and it may be negative; accuracy is
    that of the best one-to-one matching of clusters and classes. As in the field, the labels of the
    test images choose this matching; `how` has the accuracy where those of the training images do.

    The intervals are of the test images, for these clusters and this matching: Wilson's of the
    accuracy; of the others those of images drawn anew with replacement, shifted so that their mean
    is the metric, as repeated images make clusters look purer than they are.

    Args:
        train: features to cluster; their labels serve for `how` alone.
        test: features to assign.
        classes: number of classes of the training labels.
        seed: of the first centres and of the resampling.
        clusters: how many, at least 2, or None for one per class. Those beyond the number of
            classes match none, and the accuracy counts their images as wrong.
        restarts: fits from other first centres, of which the tightest is taken, at least 1.

    Raises:
        DataError: there are fewer training images than clusters.
        UsageError: `clusters` or `restarts` is too small.
    """
    wanted = classes if clusters is None else clusters
    if wanted < 2 or restarts < 1:
        raise UsageError("k-means needs clusters=2 and restarts=1 or more.")
    if wanted > len(train.label):
        raise DataError(f"{len(train.label)} training images cannot form {wanted} clusters.")
    model = _fitted(train.values, wanted, restarts, seed)
    shape = (classes, wanted)
    table = tabulate(test.label, _assigned(model, test), shape)
    of_train = matching(tabulate(train.label, _assigned(model, train), shape))
    how = {
        "solver": f"{type(model).__name__} of scikit-learn on normalised features",
        "clusters": wanted,
        "restarts": restarts,
        "fitted_to": f"{len(train.label)} training images, without labels",
        "clusters_of_test_images": len(np.unique(table.column)),
        "matching": "the best one for the test images",
        "accuracy_matched_by_training_labels": accuracy(table, of_train).item(),
    }
    return Outcome(_estimates(table, seed), how)


def _fitted(values: Float[Tensor, "n d"], clusters: int, restarts: int, seed: int) -> Any:
    kind = KMeans if len(values) <= _MANY else MiniBatchKMeans
    state = number("kmeans", seed) % 2**32
    with warnings.catch_warnings():  # of fewer distinct features than clusters
        warnings.simplefilter("ignore", ConvergenceWarning)
        return kind(clusters, n_init=restarts, random_state=state).fit(_unit(values))


def _assigned(model: Any, features: Features) -> Int[Tensor, " n"]:
    return torch.from_numpy(model.predict(_unit(features.values))).long()


def _unit(values: Float[Tensor, "n d"]) -> NDArray[np.float32]:
    return normalize(values, dim=1).numpy()


def _estimates(table: Table, seed: int) -> dict[str, Estimate]:
    tables = list(redrawn(table, SETS, number("clusters", seed) % 2**64))
    found = {
        name: _centred(metric(table).item(), np.concatenate([metric(each) for each in tables]))
        for name, metric in (("NMI", mutual_information), ("ARI", adjusted_rand))
    }
    right, images = accuracy(table, matching(table)).item(), int(table.images.sum())
    wilson = binomtest(round(right * images), images).proportion_ci(method="wilson")
    return found | {"cluster accuracy": Estimate(right, float(wilson.low), float(wilson.high))}


def _centred(value: float, drawn: NDArray[np.float64]) -> Estimate:
    return interval(value, np.minimum(drawn - drawn.mean() + value, 1.0))
