"""Contrastive losses: pure functions of projections."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lookalike.errors import UsageError
from lookalike.losses.groups import Denominator, Groups
from lookalike.losses.inputs import full_precision, unit
from lookalike.losses.positives import Summation, losses_by_pairs, losses_by_sums
from lookalike.losses.streaming import others_logsumexp


@full_precision
def nt_xent(
    first: Float[Tensor, "n d"],
    second: Float[Tensor, "n d"],
    temperature: float,
    *,
    negatives: Literal["both", "other view"] = "both",
    normalize: bool = True,
    everyone: Float[Tensor, "m 2 d"] | None = None,
    start: int = 0,
) -> Float[Tensor, ""]:
    """NT-Xent, SimCLR section 2.1 and algorithm 1, as the mean over all 2n views:

        ℓ(i, j) = -log [ exp(s_ij / τ) / Σ_{k ≠ i} exp(s_ik / τ) ],   s_ij = z_i · z_j / (|z_i| |z_j|)

    The positive stays in the denominator; only a view itself is left out. The official code adds the
    two views' means, which is twice this value.

    Args:
        first: projections of the first view of n images.
        second: of the second view, in the same order.
        temperature: τ, greater than 0; applied after the normalisation.
        negatives: "both" compares with all other views; "other view" only with the n projections of
            the other view, positive included, as appendix B.10 does for a fair table 4.
        normalize: whether rows are divided by their lengths first; without it the useful τ is
            10 to 100 (table 5).
        everyone: both views of the images of all processes, these n among them; the result is then
            these images' share of the mean over all m. Leave it out where there is one process: the
            work is half.
        start: where these n images begin among the m.
    """
    z = unit(torch.stack((first, second)), normalize)
    anchors = z.flatten(0, 1)
    keys = anchors if everyone is None else unit(everyone.transpose(0, 1), normalize).flatten(0, 1)
    number = torch.arange(len(keys), device=z.device)
    key_kind = number if negatives == "both" else number // (len(keys) // 2)
    kind = key_kind.view(2, -1)[:, start : start + len(first)].flatten()
    denominators = others_logsumexp(anchors, keys, kind, key_kind, temperature).sum()
    numerators = 2 * (z[0] * z[1]).sum() / temperature
    return (denominators - numerators) / len(keys)


@full_precision
def supcon(
    z: Float[Tensor, "n v d"],
    group: Int[Tensor, " n"],
    temperature: float,
    *,
    summation: Summation = "out",
    base_temperature: float | None = None,
    contrast: Literal["all", "one"] = "all",
    positives: int | None = None,
    denominator: Denominator = "all",
    lonely: Literal["zero", "drop"] = "zero",
    normalize: bool = True,
    everyone: Float[Tensor, "m v d"] | None = None,
    everyone_group: Int[Tensor, " m"] | None = None,
    start: int = 0,
) -> Float[Tensor, ""]:
    """Supervised contrastive loss, SupCon equations 2 and 3, as the mean over all anchors:

        out:  ℓ(i) = -1/|P(i)| Σ_{p ∈ P(i)} log [ exp(z_i · z_p / τ) / Σ_{a ∈ A(i)} exp(z_i · z_a / τ) ]
        in:   ℓ(i) = -log { 1/|P(i)| Σ_{p ∈ P(i)} exp(z_i · z_p / τ) / Σ_{a ∈ A(i)} exp(z_i · z_a / τ) }

    A(i) are all rows but i, P(i) those of i's group. "out" is the paper's loss and never less than
    "in". With a group for each image it is NT-Xent; with one view, `positives=1` and τ = 1 it comes
    near the N-pairs loss.

    Args:
        z: projections of n images in v ≥ 1 views.
        group: whose images are positives of each other, e.g. labels; an image in group -1 has only
            its own other views.
        temperature: τ, greater than 0.
        summation: where the sum over positives stands, outside or inside the logarithm.
        base_temperature: multiplies the loss by τ / this: 1 is the paper's scaling, 0.07 the
            default of the official PyTorch code, None the plain value.
        contrast: whether all views are anchors or the first only; all are compared with either way.
        positives: cap of the positives from other images, in rows, a multiple of v (table 5 has 0,
            2, 4, …). An image's own other views always stay, then the images of lowest index; the
            others leave the denominator too.
        denominator: A(i); or the negatives and the one positive of the numerator; or the negatives.
        lonely: an anchor without positives, or with an empty denominator, counts as 0 in the mean
            (as in the official code) or is dropped from it.
        normalize: whether rows are divided by their lengths first.
        everyone: z of the images of all processes, these n among them; the result is then these
            images' share of the mean over all anchors. Leave it out where there is one process:
            the work is half.
        everyone_group: their groups.
        start: where these n images begin among the m.

    Raises:
        UsageError: `positives` is not a multiple of the number of views.
    """
    _check_cap(positives, z.shape[1])
    groups = Groups(group if everyone_group is None else everyone_group, z.shape[1], positives)
    anchors = keys = groups.rows(unit(z if everyone is None else everyone, normalize))
    if everyone is not None or contrast == "one":
        z = z if contrast == "all" else z[:, :1]
        anchors = groups.rows(unit(z, normalize), start)
    alone = groups.alone(denominator)
    if summation == "out" and denominator != "one positive" and positives is None:
        losses = losses_by_sums(anchors, keys, groups, temperature, denominator)
    else:
        losses = losses_by_pairs(anchors, keys, groups, temperature, denominator, summation)
    total = losses.masked_fill(groups.of(anchors, alone), 0).sum()
    counted = (~alone).sum().clamp(min=1) if lonely == "drop" else len(alone)
    scale = 1 if base_temperature is None else temperature / base_temperature
    return total * scale / (counted * z.shape[1])


def _check_cap(positives: int | None, views: int) -> None:
    if positives is not None and (positives < 0 or positives % views):
        raise UsageError(
            f"positives={positives} cannot be kept: images come with all their {views} views.",
            do=f"Choose a multiple of {views}, or 0.",
        )
