"""The nearest images of each image among all the others, in cosine similarity, exactly."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import normalize

_BLOCK = 2**24  # similarities held at once, 64 MB


def nearest_others(
    features: Float[Tensor, "n d"], rows: Int[Tensor, " m"], k: int
) -> Iterator[tuple[Int[Tensor, " b"], Int[Tensor, "b k"]]]:
    """Blocks of the asked rows, each with the rows of their k nearest images, the nearest first.

    Args:
        features: of n images, of any length.
        rows: the images asked for.
        k: how many, at most n - 1; an image is not its own neighbour.
    """
    values = normalize(features, dim=1)
    for block in torch.split(rows, max(1, _BLOCK // len(values))):
        similarity = values[block] @ values.T
        similarity[torch.arange(len(block)), block] = -torch.inf
        yield block, similarity.topk(k, dim=1).indices


def neighbour_overlap(
    first: Float[Tensor, "n d"], second: Float[Tensor, "n e"], k: int = 10
) -> Float[Tensor, " n"]:
    """The share of each image's k nearest images that two sets of features have in common.

    Of two views it says how little a view changes. The mean over images of two encoders is their
    mutual k-nearest-neighbour alignment (Huh et al., 2024, appendix A): 1 where both find the same
    images alike, and k / (n - 1) by chance.

    Args:
        first: of n images.
        second: of the same images, in any number of dimensions.
        k: number of nearest images, or all others where there are fewer.
    """
    k, everyone = min(k, len(first) - 1), torch.arange(len(first))
    pairs = zip(
        nearest_others(first, everyone, k), nearest_others(second, everyone, k), strict=True
    )
    common = [(one[:, :, None] == other[:, None]).sum((1, 2)) for (_, one), (_, other) in pairs]
    return torch.cat(common).double() / k
