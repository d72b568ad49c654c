"""Losses of clusters: what one view of an image is assigned to, the other views predict."""

import torch
from jaxtyping import Float
from torch import Tensor

from lookalike.losses.inputs import full_precision


@torch.no_grad()
@full_precision
def sinkhorn(scores: Float[Tensor, "m k"], epsilon: float, iterations: int) -> Float[Tensor, "m k"]:
    """SwAV's codes, equation 5: each image's shares in k clusters, all equally large in the batch.

    Sinkhorn and Knopp's Q = Diag(u) exp(S / ε) Diag(v), where u and v make every cluster's column and
    then every image's row have the same sum, in turns. In logarithms, so no exponential overflows
    and no cluster is empty. Rows sum to 1 in the end; columns come nearer to m / k with each turn.

    Args:
        scores: S, of m images with k prototypes: those of all processes.
        epsilon: ε, greater than 0: how even an image's shares are.
        iterations: turns, at least 1.
    """
    codes = scores / epsilon
    for _ in range(iterations):
        codes = codes - codes.logsumexp(0)
        codes = codes.log_softmax(1)
    return codes.exp()


@torch.no_grad()
@full_precision
def sharpened(
    scores: Float[Tensor, "n v k"], centre: Float[Tensor, " k"], temperature: float
) -> Float[Tensor, "n v k"]:
    """DINO's assignment, softmax((S - c) / τ): no prototype is always ahead, and few are chosen.

    Args:
        scores: S, of n images in v views with k prototypes.
        centre: c, their mean over many images (equation 4).
        temperature: τ, greater than 0 and below that of the predictions.
    """
    return ((scores - centre) / temperature).softmax(2)


@full_precision
def prediction_between_views(
    scores: Float[Tensor, "n v k"], targets: Float[Tensor, "n t k"], temperature: float
) -> Float[Tensor, " n"]:
    """Cross-entropy between views (SwAV equation 2, DINO equation 3), for each image:

        1 / (t (v - 1)) Σ_{i ≤ t} Σ_{j ≠ i} H(q_i, p_j),   p_j = softmax(s_j / τ),
        H(q, p) = -Σ_k q_k log p_k

    The mean of both directions where there are two views; SwAV's equation 1 is their sum.

    Args:
        scores: s, of n images in v ≥ 2 views with k prototypes.
        targets: q, what the first t of these views are assigned to. Gradients flow here too, if
            they have any.
        temperature: τ, greater than 0.
    """
    likelihood = (scores / temperature).log_softmax(2)
    agreement = torch.einsum("ntk,nvk->ntv", targets, likelihood)
    of_itself = agreement.diagonal(dim1=1, dim2=2)
    pairs = targets.shape[1] * (scores.shape[1] - 1)
    return (of_itself.sum(1) - agreement.sum((1, 2))) / pairs
