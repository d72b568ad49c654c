"""Health of features without any label: have they collapsed, and how far do they spread?"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.losses.agreement import spread

_BLOCK = 1024  # rows of the matrix of pairs held at once
_COMPLETE = 0.01
_DIMENSIONAL = 0.05


def describe(features: Float[Tensor, "n d"]) -> dict[str, float]:
    """All numbers that need one view: spread, effective_rank, rank_share, uniformity.

    `rank_share` is the effective rank divided by the greatest possible, min(n, d).

    Args:
        features: of at least 2 images.
    """
    rank = effective_rank(features)
    return {
        "spread": float(spread(features.double())),
        "effective_rank": rank,
        "rank_share": rank / min(features.shape),
        "uniformity": uniformity(features),
    }


def effective_rank(features: Float[Tensor, "n d"]) -> float:
    """Exponential of the entropy of the singular values' shares of their sum.

    Between 1 and min(n, d). The features are neither normalised nor centred (RankMe, Garrido et
    al., 2023, Eq. 1, without its 1e-7 in the shares).
    """
    values = features.double()
    wide = values.shape[1] > values.shape[0]
    gram = values @ values.T if wide else values.T @ values
    singular = torch.linalg.eigvalsh(gram).clamp_min(0).sqrt()
    share = singular / singular.sum().clamp_min(torch.finfo(torch.float64).tiny)
    return float(torch.special.entr(share).sum().exp())


def uniformity(features: Float[Tensor, "n d"]) -> float:
    """log of the mean of exp(-2 |x - y|²) over all pairs of normalised features.

    0 where all are the same, near -4 where they are spread evenly over a sphere of many dimensions
    (Wang & Isola, 2020, Eq. 5 with t = 2; pairs of an image with itself are left out).
    """
    values = normalize(features.double(), dim=1)
    count = len(values)
    total = torch.zeros((), dtype=torch.float64, device=values.device)
    for rows in torch.split(values, _BLOCK):
        total += (4 * (rows @ values.T) - 4).exp().sum()
    itself = (4 * values.square().sum(dim=1) - 4).exp().sum()
    return float(((total - itself) / (count * (count - 1))).log())


def alignment(first: Float[Tensor, "n d"], second: Float[Tensor, "n d"]) -> float:
    """Mean squared distance of the normalised features of two views of the same images.

    0 where a view does not matter, 2 where it is all that matters (Wang & Isola, 2020, Eq. 4).
    """
    distance = normalize(first.double(), dim=1) - normalize(second.double(), dim=1)
    return float(distance.square().sum(dim=1).mean())


def health(numbers: dict[str, float]) -> str:
    """A verdict in words on the numbers of `describe`.

    "complete collapse" below a spread of 0.01: the cosine of two images is above 0.9999 on average,
    so all features are the same. "dimensional collapse" below an effective rank of 5 % of what the
    number of images and of dimensions allows, or below 2: most dimensions repeat each other.
    """
    if numbers["spread"] < _COMPLETE:
        return "complete collapse: all images have the same features"
    rank = numbers["effective_rank"]
    if numbers["rank_share"] < _DIMENSIONAL or rank < 2:
        return f"dimensional collapse: the features use only about {rank:.0f} directions"
    return f"healthy: the features use about {rank:.0f} directions"
