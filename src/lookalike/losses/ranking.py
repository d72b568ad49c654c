"""Losses that rank the positive above single negatives: SimCLR's alternatives to NT-Xent (table 2).

The paper compares them with the candidates of one view only: an anchor's positive is the other view
of its image and its negatives are the other views of the other images (appendix B.10). All hold the
similarities of the n anchors to the candidates at once.
"""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import logsigmoid, relu

from lookalike.losses.inputs import full_precision, unit

Negatives = Literal["all", "semi-hard"]


@full_precision
def nt_logistic(
    first: Float[Tensor, "n d"],
    second: Float[Tensor, "n d"],
    temperature: float,
    *,
    negatives: Negatives = "all",
    reduction: Literal["sum", "mean"] = "sum",
    symmetric: bool = False,
    normalize: bool = True,
    everyone: Float[Tensor, "m 2 d"] | None = None,
    start: int = 0,
) -> Float[Tensor, ""]:
    """NT-Logistic, SimCLR table 2, as the mean over the anchors:

        ℓ(i) = -log σ(s_ii / τ) - Σ_{j ≠ i} log σ(-s_ij / τ),   s_ij = cosine of first i and second j

    Args:
        first: projections of the first view of n images, the anchors.
        second: of the second view, in the same order.
        temperature: τ, greater than 0; the paper tries 0.1, 0.2, 0.5 and 1.
        negatives: "all"; or "semi-hard", the most similar of those less similar than the positive
            (the paper names no margin here); an anchor without one has its positive part only.
        reduction: sum or mean over the negatives; the paper does not say. With the sum n - 1
            negatives stand against one positive.
        symmetric: whether the second views are anchors too, and the result is the mean of both.
        normalize: whether rows are divided by their lengths first.
        everyone: both views of the images of all processes, these n among them; the result is then
            these images' share of the mean over all m.
        start: where these n images begin among the m.
    """

    def losses(scores: Tensor, positive: Tensor, itself: Tensor) -> Tensor:
        if negatives == "semi-hard":
            against = -logsigmoid(-_most_similar(scores, scores < positive) / temperature)
        else:
            against = -logsigmoid(-scores / temperature).masked_fill(itself, 0).sum(1)
            against = against / (max(1, scores.shape[1] - 1) if reduction == "mean" else 1)
        return against - logsigmoid(positive[:, 0] / temperature)

    return _mean(losses, first, second, symmetric, normalize, everyone, start)


@full_precision
def triplet(
    first: Float[Tensor, "n d"],
    second: Float[Tensor, "n d"],
    margin: float,
    *,
    negatives: Negatives = "all",
    symmetric: bool = False,
    normalize: bool = True,
    everyone: Float[Tensor, "m 2 d"] | None = None,
    start: int = 0,
) -> Float[Tensor, ""]:
    """Margin triplet loss, SimCLR table 2, as the mean over the anchors:

        ℓ(i) = mean over j ≠ i of max(s_ij - s_ii + margin, 0),   s_ij = cosine of first i and second j

    Args:
        first: projections of the first view of n images, the anchors.
        second: of the second view, in the same order.
        margin: at least 0, on the cosine; the paper tries 0, 0.4, 0.8 and 1.6.
        negatives: "all", the mean over all of them, active or not (the paper does not say); or
            "semi-hard", the most similar of those less similar than the positive but within the
            margin; an anchor without one counts as 0.
        symmetric: whether the second views are anchors too, and the result is the mean of both.
        normalize: whether rows are divided by their lengths first.
        everyone: both views of the images of all processes, these n among them; the result is then
            these images' share of the mean over all m.
        start: where these n images begin among the m.
    """

    def losses(scores: Tensor, positive: Tensor, itself: Tensor) -> Tensor:
        excess = scores - positive + margin
        if negatives == "semi-hard":
            return relu(_most_similar(excess, (scores < positive) & (excess > 0)))
        return relu(excess).masked_fill(itself, 0).sum(1) / max(1, scores.shape[1] - 1)

    return _mean(losses, first, second, symmetric, normalize, everyone, start)


def _mean(
    losses: Callable[[Tensor, Tensor, Tensor], Tensor],
    first: Tensor,
    second: Tensor,
    symmetric: bool,
    normalize: bool,
    everyone: Tensor | None,
    start: int,
) -> Tensor:
    """The mean over anchors of `losses(scores [n m], positive [n 1], itself [n m])`."""
    z = unit(torch.stack((first, second)), normalize)
    keys = z if everyone is None else unit(everyone.transpose(0, 1), normalize)
    itself = torch.zeros(len(first), keys.shape[1], dtype=torch.bool, device=z.device)
    itself.diagonal(start).fill_(True)
    total = z.new_zeros(())
    for view in (0, 1) if symmetric else (0,):
        scores = z[view] @ keys[1 - view].T
        total = total + losses(scores, scores.diagonal(start)[:, None], itself).sum()
    return total / (keys.shape[1] * (2 if symmetric else 1))


def _most_similar(
    scores: Float[Tensor, "n m"], allowed: Bool[Tensor, "n m"]
) -> Float[Tensor, " n"]:
    """The largest allowed score of each row, -inf where none is allowed."""
    return scores.masked_fill(~allowed, -torch.inf).amax(1)
