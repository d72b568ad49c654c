"""BYOL's losses."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import batch_norm, layer_norm

from lookalike.distributed import summed
from lookalike.losses.inputs import full_precision, unit
from lookalike.losses.streaming import others_logsumexp

Scaling = Literal["length", "layer", "batch", "none"]


@full_precision
def regression(
    prediction: Float[Tensor, "n d"], target: Float[Tensor, "n d"], *, scaling: Scaling = "length"
) -> Float[Tensor, " n"]:
    """BYOL equation 2, one direction, for each image: |p - t|² = 2 - 2 cos(p, t) between unit rows.

    The paper's loss is the *sum* of both directions, as in `regression(p1, t2) + regression(p2, t1)`,
    in 0 … 8; their mean trains at half the rate.

    Args:
        prediction: q(z) of one view of n images.
        target: the target network's projections of the other view. Gradients flow here too;
            stopping them is the caller's part, as table 5b has rows with and without.
        scaling: what is done with both first (table 20): rows are divided by their lengths; layer
            norm or batch norm, both without scale and offset and divided by √d; or nothing.
    """
    return (_scaled(prediction, scaling) - _scaled(target, scaling)).square().sum(1)


def _scaled(rows: Tensor, scaling: Scaling) -> Tensor:
    match scaling:
        case "length":
            scaled: Tensor = unit(rows)
        case "layer":
            scaled = layer_norm(rows, rows.shape[1:]) / rows.shape[1] ** 0.5
        case "batch":
            scaled = batch_norm(rows, None, None, training=True) / rows.shape[1] ** 0.5
        case "none":
            scaled = rows
    return scaled


@full_precision
def linear_prediction(z: Float[Tensor, "n d"], t: Float[Tensor, "n k"]) -> Float[Tensor, "n k"]:
    """Z Q, with Q = (ZᵀZ)⁻¹ ZᵀT over the images of all processes: what the linear predictor of least
    squared error makes of this batch (BYOL, appendix I).

    Q is taken as given in the gradient. Directions in which z hardly varies are left out
    (pseudo-inverse), so that collapsed projections have one, too.

    Args:
        z: projections of one view of n images.
        t: targets of the other.
    """
    with torch.no_grad():
        q = torch.linalg.pinv(summed(z.T @ z), hermitian=True) @ summed(z.T @ t)
    prediction: Tensor = z @ q
    return prediction


@full_precision
def info_nce(
    prediction: Float[Tensor, "n d"],
    targets: Float[Tensor, "n 2 d"],
    temperature: float,
    weight: float,
    *,
    everyone: Float[Tensor, "m 2 d"] | None = None,
    start: int = 0,
) -> Float[Tensor, ""]:
    """What BYOL and SimCLR have in common (BYOL tables 5b and 18), one direction, to be minimised:

        -2/n Σ_i S(v_i, v'_i)
            + 2αβ/n Σ_i log [ Σ_{j ≠ i} exp(S(v_i, v_j) / α) + Σ_j exp(S(v_i, v'_j) / α) ]

    where S(v, w) is the cosine of v's prediction and w's target. The sum of both directions is
    BYOL's loss minus 4 for β = 0, and 4α times NT-Xent for β = 1 where predictions and targets are
    the same projections.

    Args:
        prediction: of view v of n images.
        targets: of both views of them, v first.
        temperature: α, greater than 0; the paper's default is 0.1.
        weight: β, of the negatives.
        everyone: the targets of the images of all processes, these n among them; the result is then
            these images' share of the mean over all m.
        start: where these n images begin among the m.
    """
    p, own = unit(prediction), unit(targets)
    keys = (own if everyone is None else unit(everyone)).transpose(0, 1).flatten(0, 1)
    images = len(keys) // 2
    number = torch.arange(2 * images, device=p.device)
    whole = others_logsumexp(p, keys, number[start : start + len(p)], number, temperature)
    return 2 * (weight * temperature * whole - (p * own[:, 1]).sum(1)).sum() / images
