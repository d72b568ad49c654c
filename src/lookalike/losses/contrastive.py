"""Contrastive losses: pure functions of projections."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize as unit

from lookalike.losses.streaming import at_least_float32, others_logsumexp


def nt_xent(
    first: Float[Tensor, "n d"],
    second: Float[Tensor, "n d"],
    temperature: float,
    *,
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
        normalize: whether rows are divided by their lengths first; without it the useful τ is
            10 to 100 (table 5).
        everyone: both views of the images of all processes, these n among them; the result is then
            these images' share of the mean over all m.
        start: where these n images begin among the m.
    """
    z = torch.stack((first, second), dim=1)
    keys = z if everyone is None else everyone
    z, keys = at_least_float32(z), at_least_float32(keys)
    if normalize:
        z, keys = unit(z, dim=2), unit(keys, dim=2)
    anchors, keys = z.flatten(0, 1), keys.flatten(0, 1)
    itself = torch.arange(len(anchors), device=z.device) + 2 * start
    denominator = others_logsumexp(anchors, keys, itself, temperature).sum()
    numerator = 2 * (z[:, 0] * z[:, 1]).sum() / temperature
    return (denominator - numerator) / len(keys)
