"""A linear classifier of standardised features, and the coordinates it is found in."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

_BLOCK = 2048  # rows or columns converted to float64 at once
_EMPTY = 1e-9  # share of the greatest variance below which a direction is empty


class Scale(NamedTuple):
    """Mean and standard deviation of each feature over the training images."""

    mean: Float[Tensor, " d"]
    deviation: Float[Tensor, " d"]

    @classmethod
    def of(cls, values: Float[Tensor, "n d"]) -> "Scale":
        """A feature that never changes keeps its size, and is 0 after centring."""
        mean, deviation = values.mean(dim=0), values.std(dim=0, correction=0)
        constant = deviation <= 1e-6 * mean.abs()
        return cls(mean, deviation.masked_fill(constant, 1.0))

    def __call__(self, values: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        return (values - self.mean) / self.deviation


class Classifier(NamedTuple):
    """A fitted linear classifier.

    Args:
        scale: applied to features first.
        weight: of the standardised features.
        bias: one for each class.
        iterations: evaluations of the objective that L-BFGS needed.
        converged: whether it stopped because nothing improved any more.
    """

    scale: Scale
    weight: Float[Tensor, "d classes"]
    bias: Float[Tensor, " classes"]
    iterations: int
    converged: bool

    def scores(self, values: Float[Tensor, "n d"]) -> Float[Tensor, "n classes"]:
        """Logits."""
        return self.scale(values) @ self.weight + self.bias


def principal(values: Float[Tensor, "n d"]) -> Float[Tensor, "d r"]:
    """Principal directions of centred features, as columns; the emptiest are left out."""
    wide = values.shape[1] > values.shape[0]
    columns = values.T if wide else values
    gram = values.new_zeros(2 * columns.shape[1:], dtype=torch.float64)
    for rows in map(Tensor.double, columns.split(_BLOCK)):
        gram.addmm_(rows.T, rows)
    variance, vectors = torch.linalg.eigh(gram)
    seen = variance > _EMPTY * variance[-1]
    directions: Tensor = vectors[:, seen]
    if wide:
        directions = values.T.double() @ directions / variance[seen].sqrt()
    return directions.to(values.dtype)
