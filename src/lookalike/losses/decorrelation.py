"""Losses that keep dimensions apart: those of Barlow Twins and VICReg.

Both are sums over dimensions, each of which needs all images. So several processes gather the images
and share the dimensions: no one makes the whole d × d matrix, and the shares add up to the loss.
"""

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import batch_norm

from lookalike.losses.inputs import full_precision


@full_precision
def barlow_twins(
    first: Float[Tensor, "n d"],
    second: Float[Tensor, "n d"],
    redundancy: float,
    *,
    dimensions: range | None = None,
) -> Float[Tensor, ""]:
    """Barlow Twins equations 1 and 2, of the cross-correlation C of two views:

        Σ_i [ (1 - C_ii)² + λ Σ_{j ≠ i} C_ij² ],   C_ij = 1/n Σ_b z_bi z'_bj

    where each dimension of z and of z' has been brought to mean 0 and variance 1 over the images, as
    batch norm does it, with 10⁻⁵ added to the variance.

    Args:
        first: projections z of one view of n ≥ 2 images: those of all processes.
        second: z', of the other view.
        redundancy: λ.
        dimensions: the i that are summed over, this process's share of d; or None for all.
    """
    own = _columns(first, dimensions)
    z, others = (batch_norm(rows, None, None, training=True) for rows in (first[:, own], second))
    correlation = z.T @ others / len(z)
    invariance = (1 - correlation.diagonal(own.start)).square().sum()
    return invariance + redundancy * _off_diagonal(correlation, own.start)


@full_precision
def vicreg(
    first: Float[Tensor, "n d"],
    second: Float[Tensor, "n d"],
    *,
    invariance: float,
    variance: float,
    covariance: float,
    dimensions: range | None = None,
) -> Float[Tensor, ""]:
    """VICReg equation 6, with the factors of the official code:

        λ s(Z, Z') + μ/2 [v(Z) + v(Z')] + ν [c(Z) + c(Z')]

        s = 1/(n d) Σ_b |z_b - z'_b|²
        v = 1/d Σ_i max(0, 1 - √(Cov(Z)_ii + 10⁻⁴))
        c = 1/d Σ_i Σ_{j ≠ i} Cov(Z)_ij²

    Covariances divide by n - 1. The paper's equations have neither the 1/d of s nor the ½ of v.

    Args:
        first: projections Z of one view of n ≥ 2 images: those of all processes.
        second: Z', of the other view.
        invariance: λ.
        variance: μ.
        covariance: ν.
        dimensions: the i that are summed over, this process's share of d; or None for all.
    """
    own = _columns(first, dimensions)
    distance = (first[:, own] - second[:, own]).square().mean(0).sum()
    one, other = _regularised(first, own), _regularised(second, own)
    hinges, covariances = one[0] + other[0], one[1] + other[1]
    total = invariance * distance + variance / 2 * hinges + covariance * covariances
    return total / first.shape[1]


def _regularised(z: Tensor, own: slice) -> tuple[Tensor, Tensor]:
    """d times v and c, as far as these dimensions go."""
    centred = z - z.mean(0)
    matrix = centred[:, own].T @ centred / (len(z) - 1)
    hinge = (1 - (matrix.diagonal(own.start) + 1e-4).sqrt()).relu().sum()
    return hinge, _off_diagonal(matrix, own.start)


def _columns(z: Tensor, dimensions: range | None) -> slice:
    return slice(0, z.shape[1]) if dimensions is None else slice(dimensions.start, dimensions.stop)


def _off_diagonal(matrix: Tensor, start: int) -> Tensor:
    """Sum of the squares beside the diagonal, which begins in column `start` and is wiped out."""
    matrix.diagonal(start).zero_()
    return matrix.square().sum()
