"""Health of features without any label: have they collapsed, and how far do they spread?"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.losses.agreement import spread

FIRST, LAST = 12, 100
"""Numbers of the eigenvalues between which `decay` is fitted."""

RIDGE = 1e-4
"""What `lidar` adds to the covariance of the views."""

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
    return _effective(torch.linalg.eigvalsh(gram).clamp_min(0).sqrt())


def decay(
    features: Float[Tensor, "n d"], *, first: int = FIRST, last: int = LAST
) -> tuple[float, int] | None:
    """How fast the eigenvalues of the covariance fall: α in λ_i ∝ i^-α, and the last i of the fit.

    α-ReQ (Agrawal et al., 2022): near 1 in encoders whose features are good for many tasks, larger
    where few directions hold nearly all, smaller where noise fills all alike. A line is fitted to
    the logarithms, weighted by 1 / i, as in the authors' code, whose scripts begin at 4 or at 12
    and end at 100. It ends earlier where there are fewer dimensions or images, or where eigenvalues
    are below 1e-12 of the largest, which is noise.

    Args:
        features: of n images.
        first: number of the first eigenvalue of the fit, from 1; the largest ones lie off the line.
        last: number of the last.

    Returns:
        None where fewer than 3 eigenvalues are left.
    """
    values = features.double()
    centred = (values - values.mean(dim=0)) / max(1, len(values) - 1) ** 0.5
    spectrum = torch.linalg.svdvals(centred).square()
    last = min(last, int((spectrum > 1e-12 * spectrum[0]).sum()))
    if last - first < 2:
        return None
    place = torch.arange(first, last + 1, dtype=torch.float64, device=values.device)
    x, y, weight = place.log(), spectrum[first - 1 : last].log(), (1 / place) / (1 / place).sum()
    x, y = x - (weight * x).sum(), y - (weight * y).sum()
    return -float((weight * x * y).sum() / (weight * x * x).sum()), last


def lidar(views: Float[Tensor, "n q d"], *, ridge: float = RIDGE) -> float:
    """In how many directions images differ more than their own views do.

    The effective rank of Σ_w^(-1/2) Σ_b Σ_w^(-1/2) with each image as a class: Σ_b is the covariance
    of the images' means, Σ_w the mean covariance of the views of one image plus `ridge` (LiDAR,
    Thilak et al., 2023, without its ε in the shares). Between 1 and min(d, n - 1).
    Directions without any signal still count for about 1 / q, so only numbers of the same q and d
    can be compared, and the ridge matters where features are small.

    Args:
        views: features of q views of each of n images, q at least 2; better more images than d.
        ridge: δ, added to the diagonal of Σ_w so that it can be inverted.
    """
    values = views.double()
    mean = values.mean(dim=1)
    own, between = (values - mean[:, None]).flatten(0, 1), mean - mean.mean(dim=0)
    within = own.T @ own / len(own) + ridge * torch.eye(own.shape[1], device=own.device)
    whitened = torch.linalg.solve_triangular(torch.linalg.cholesky(within), between.T, upper=False)
    return _effective(torch.linalg.svdvals(whitened).square() / len(between))


def _effective(sizes: Float[Tensor, " d"]) -> float:
    """How many of them matter: the exponential of the entropy of their shares; 1 if all are 0."""
    share = sizes / sizes.sum().clamp_min(torch.finfo(torch.float64).tiny)
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
