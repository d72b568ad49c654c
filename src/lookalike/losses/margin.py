"""Losses with margins between labelled images."""

import math
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy, relu

from lookalike.losses.groups import Groups
from lookalike.losses.inputs import full_precision, unit


@full_precision
def pairwise_margin(
    z: Float[Tensor, "n v d"],
    group: Int[Tensor, " n"],
    margin: float,
    *,
    form: Literal["squared", "hadsell"] = "squared",
    normalize: bool = True,
    everyone: Float[Tensor, "m v d"] | None = None,
    everyone_group: Int[Tensor, " m"] | None = None,
    start: int = 0,
) -> Float[Tensor, ""]:
    """Contrastive loss of pairs, the mean over all pairs of rows; with D = |z_i - z_j|:

        same group:   D²
        else:         max(0, margin - D²) ("squared"), or max(0, margin - D)² ("hadsell": Hadsell,
                      Chopra and LeCun 2006, without their factor 1/2)

    Args:
        z: projections of n images in v ≥ 1 views.
        group: which images should be near each other, e.g. labels, or a number for each image; an
            image in group -1 has only its own other views.
        margin: greater than 0; between unit rows D² lies in 0 … 4.
        form: whether the margin is on the squared distance, or on the distance.
        normalize: whether rows are divided by their lengths first.
        everyone: z of the images of all processes, these n among them; the result is then these
            images' share of the mean over all pairs. All pairs of n and m are held at once.
        everyone_group: their groups.
        start: where these n images begin among the m.
    """
    groups = Groups(group if everyone_group is None else everyone_group, z.shape[1], None)
    anchors = keys = groups.rows(unit(z if everyone is None else everyone, normalize))
    if everyone is not None:
        anchors = groups.rows(unit(z, normalize), start)
    lengths, key_lengths = anchors.z.square().sum(1), keys.z.square().sum(1)
    squares = (lengths[:, None] + key_lengths - 2 * anchors.z @ keys.z.T).clamp(min=0)
    same = groups.of(anchors)[:, None] == groups.of(keys)
    itself = anchors.number[:, None] == keys.number
    losses = torch.where(same, squares, _push(squares, margin, form)).masked_fill(itself, 0)
    rows = len(keys.number)
    return losses.sum() / max(1, rows * (rows - 1))


def _push(squares: Tensor, margin: float, form: str) -> Tensor:
    if form == "squared":
        return relu(margin - squares)
    # The root has no slope at 0: below this, equal rows stay where they are.
    distances = squares.clamp(min=torch.finfo(squares.dtype).tiny).sqrt()
    return relu(margin - distances).square()


@full_precision
def large_margin_softmax(
    features: Float[Tensor, "n d"],
    weight: Float[Tensor, "c d"],
    label: Int[Tensor, " n"],
    margin: int,
) -> Float[Tensor, " n"]:
    """Large-margin softmax (Liu et al. 2016), the max-margin rows of SupCon's table 2, for each image:

        cross-entropy of the logits W_c · x, with |W_y| |x| ψ(θ_y) in place of the true class's

    where θ_y is the angle between W_y and x, and ψ(θ) = (-1)^k cos(margin · θ) - 2k for θ from
    kπ / margin to (k + 1)π / margin: the angle must be `margin` times smaller to win.

    Args:
        features: of n images.
        weight: one row for each of c classes; there is no bias.
        label: each image's class, 0 … c - 1.
        margin: 1 (the plain softmax) to 4.
    """
    logits = features @ weight.T
    chosen = weight[label]
    lengths = features.norm(dim=1) * chosen.norm(dim=1)
    cosine = (unit(features) * unit(chosen)).sum(1)
    true = (lengths * _psi(cosine, margin))[:, None]
    return cross_entropy(logits.scatter(1, label[:, None], true), label, reduction="none")


def _psi(cosine: Tensor, margin: int) -> Tensor:
    """ψ(θ) as a polynomial of cos θ (Chebyshev's), whose gradient is finite at 0 and π."""
    angle = cosine.detach().clamp(-1, 1).acos()
    k = (angle * margin / math.pi).floor().clamp(max=margin - 1)
    before, multiple = torch.ones_like(cosine), cosine
    for _ in range(margin - 1):
        before, multiple = multiple, 2 * cosine * multiple - before
    return (1 - 2 * (k % 2)) * multiple - 2 * k
