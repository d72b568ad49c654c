"""From features to places in a plane."""

import importlib
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from torch import Tensor

from lookalike.errors import DataError, MissingExtraError, NumericalError
from lookalike.randomness import number

_COMPONENTS = 50  # principal ones that t-SNE and UMAP begin with, as van der Maaten & Hinton do
_FEW = 5000  # images of which t-SNE takes less than a minute


class Projection(NamedTuple):
    """Where images lie on a map.

    Args:
        places: of each image.
        axes: what lies across and upwards; "" where directions mean nothing.
        about: how the places were found, in a sentence.
    """

    places: Float[Tensor, "n 2"]
    axes: tuple[str, str]
    about: str


def suited(count: int) -> str:
    """The projection that shows most of so many images and does not take long."""
    if count <= _FEW:
        return "tsne"
    return "umap" if find_spec("umap") else "pca"


def project(values: Float[Tensor, "n d"], by: str, seed: int) -> Projection:
    """Places of images, from their features.

    Args:
        values: features of length 1.
        by: "pca", "tsne" (van der Maaten & Hinton, 2008; scikit-learn's, begun at the principal
            components) or "umap" (McInnes et al., 2018).
        seed: of t-SNE and UMAP.

    Raises:
        DataError: there are fewer than four images.
        MissingExtraError: umap-learn is not installed.
        NumericalError: the features are all the same.
    """
    if len(values) < 4:
        raise DataError(f"{len(values)} images make no map.", do="Give four or more.")
    if bool((values == values[0]).all()):
        raise NumericalError(
            "All images have the same features, so there is no map.",
            why="The encoder has collapsed.",
            do="Train another one; the report of the run says when it happened.",
        )
    state = number("map", seed) % 2**32
    return {"pca": _pca, "tsne": _tsne, "umap": _umap}[by](values.double().numpy(), state)


def _pca(values: NDArray[np.float64], _: int) -> Projection:
    model = PCA(2, svd_solver="full").fit(values)
    first, second = (f"{100 * share:.0f} %" for share in model.explained_variance_ratio_)
    return Projection(
        torch.from_numpy(model.transform(values)),
        (f"1st component: {first} of the variance", f"2nd: {second}"),
        "Places are the first two principal components of the features.",
    )


def _tsne(values: NDArray[np.float64], state: int) -> Projection:
    perplexity = min(30.0, (len(values) - 1) / 3)
    model = TSNE(2, init="pca", perplexity=perplexity, random_state=state)
    return Projection(
        torch.from_numpy(model.fit_transform(_reduced(values))).double(),
        ("", ""),
        f"Places are from t-SNE (perplexity {perplexity:.0f}): neighbours stay together, but the size "
        "of a group, its distance to others and directions mean nothing.",
    )


def _umap(values: NDArray[np.float64], state: int) -> Projection:
    try:
        umap: Any = importlib.import_module("umap")
    except ImportError as error:
        raise MissingExtraError("umap-learn", "viz") from error
    near = min(15, len(values) - 1)
    start = "spectral" if len(values) > _COMPONENTS else "random"
    model = umap.UMAP(n_neighbors=near, init=start, random_state=state, n_jobs=1)
    places = np.asarray(model.fit_transform(_reduced(values)), np.float64)
    return Projection(
        torch.from_numpy(places),
        ("", ""),
        f"Places are from UMAP ({near} neighbours): neighbours stay together, but the size of a "
        "group and directions mean nothing.",
    )


def _reduced(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The first principal components."""
    components = min(_COMPONENTS, *values.shape)
    found: NDArray[np.float64] = PCA(components, svd_solver="full").fit_transform(values)
    return found.astype(np.float32)
