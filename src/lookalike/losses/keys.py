"""InfoNCE: which of many keys belongs to a query? The keys are the batch's, or a queue's."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from lookalike.losses.inputs import full_precision, unit

BLOCK = 1024
"""Rows at once where nothing needs a gradient."""


@full_precision
def info_nce_in_batch(
    query: Float[Tensor, "n d"], keys: Float[Tensor, "m d"], temperature: float, start: int = 0
) -> Float[Tensor, " n"]:
    """For each query, MoCo v3 equation 1 and NNCLR equation 3, where k_i is the key of q_i:

        ℓ(i) = -log [ exp(q_i · k_i / τ) / Σ_j exp(q_i · k_j / τ) ]

    Args:
        query: of n images, of any length; so are the keys.
        keys: of all m images, these n among them. They receive gradients, too.
        temperature: τ, greater than 0.
        start: where these n images begin among the m.
    """
    logits = (unit(query) / temperature) @ unit(keys).T
    own = torch.arange(start, start + len(query), device=keys.device)
    return cross_entropy(logits, own, reduction="none")


@full_precision
def info_nce_with_queue(
    query: Float[Tensor, "n d"],
    key: Float[Tensor, "n d"],
    queue: Float[Tensor, "k d"],
    temperature: float,
) -> Float[Tensor, " n"]:
    """For each query, MoCo equation 1, where k_i is its key and all of the queue are negatives:

        ℓ(i) = -log { exp(q_i · k_i / τ) / [ exp(q_i · k_i / τ) + Σ_j exp(q_i · queue_j / τ) ] }

    Args:
        query: of n images, of any length; so are their keys.
        key: of the same images.
        queue: rows of length 1.
        temperature: τ, greater than 0.
    """
    q = unit(query) / temperature
    positive = (q * unit(key)).sum(1)
    negatives = (q @ queue.T).logsumexp(1)
    return torch.logaddexp(positive, negatives) - positive


@torch.no_grad()
@full_precision
def nearest(rows: Float[Tensor, "n d"], keys: Float[Tensor, "k d"]) -> Int[Tensor, " n"]:
    """Which key has the greatest cosine with each row.

    Args:
        rows: of any length.
        keys: of length 1.
    """
    return torch.cat([(block @ keys.T).argmax(1) for block in rows.split(BLOCK)])
