"""Prototypes: directions that stand for clusters."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize


class Prototypes(nn.Module):
    """Projections [n, …, d] → their cosines with k prototypes [n, …, k], in float32 at least.

    Rows of the weight are divided by their lengths whenever they are used: weight norm with all
    lengths held at 1, as in DINO. SwAV's code divides them in place before each update instead; what
    is seen of a row, its direction, takes the same path up to the size of a step.

    Args:
        inputs: d.
        count: k.
    """

    def __init__(self, inputs: int, count: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(count, inputs))
        nn.init.uniform_(self.weight, -(inputs**-0.5), inputs**-0.5)  # as nn.Linear's

    def forward(self, z: Float[Tensor, "n *v d"]) -> Float[Tensor, "n *v k"]:
        # Small temperatures divide what comes out, so autocast would lose what matters.
        with torch.autocast(z.device.type, enabled=False):
            z = z.to(torch.promote_types(z.dtype, torch.float32))
            return normalize(z, dim=-1) @ normalize(self.weight, dim=-1).T
