"""Principal components of vectors, as a part of a network."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lookalike import distributed
from lookalike.errors import UsageError


class Principal(nn.Module):
    """The first principal components, found once, in the first vectors that are given.

    Args:
        features: k, numbers of a vector.
        count: c, components.

    Raises:
        UsageError: there are fewer numbers than components.
    """

    centre: Tensor
    basis: Tensor

    def __init__(self, features: int, count: int) -> None:
        super().__init__()
        if count > features:
            raise UsageError(
                f"Vectors of {features} numbers have no {count} components.",
                do=f"Let there be at most {features}.",
            )
        self.register_buffer("centre", torch.zeros(features))
        self.register_buffer("basis", torch.zeros(features, count))

    @torch.no_grad()
    def find(self, vectors: Float[Tensor, "m k"]) -> None:
        """Finds them in the vectors of all processes, unless they are known or a vector is not finite.

        Each component points to where its largest entry is positive, so that its sign is not chance.
        """
        if self.basis.any():  # asks the device at each update, for a network that has this part
            return
        vectors = vectors.double()
        total = distributed.summed(torch.cat((vectors.sum(0), vectors.new_tensor([len(vectors)]))))
        centre = total[:-1] / total[-1]
        scatter = distributed.summed((vectors - centre).T @ (vectors - centre))
        if scatter.isfinite().all():
            basis = torch.linalg.eigh(scatter).eigenvectors.flip(1)[:, : self.basis.shape[1]]
            largest = basis.gather(0, basis.abs().argmax(0, keepdim=True))
            self.basis.copy_(basis * largest.sign())
            self.centre.copy_(centre)

    def forward(self, vectors: Float[Tensor, "*n k"]) -> Float[Tensor, "*n c"]:
        """Coefficients, in the precision of the vectors."""
        with torch.autocast(vectors.device.type, enabled=False):
            return (vectors - self.centre) @ self.basis

    def restored(self, coefficients: Float[Tensor, "*n c"]) -> Float[Tensor, "*n k"]:
        """The vectors as far as these coefficients know them."""
        return coefficients @ self.basis.T + self.centre
