"""Barlow Twins: Self-Supervised Learning via Redundancy Reduction (Zbontar et al. 2021)."""

import torch

from lookalike.distributed import gather, share
from lookalike.losses.agreement import spread
from lookalike.losses.decorrelation import barlow_twins
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import mlp
from lookalike.views.presets import POLICIES


class BarlowTwins(Method):
    """Each dimension should be the same in two views of an image, and unlike all other dimensions.

    Args:
        encoder: images → features.
        hidden: width of the projector's two hidden layers (section 2.2).
        outputs: width of z; more is better up to 16,384 (figure 4).
        redundancy: λ, the weight of the correlations between different dimensions: 0.005 in the
            paper (section 2.2), 0.0051 in the official code.
    """

    views = POLICIES["barlow-twins"]

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden: int = 8192,
        outputs: int = 8192,
        redundancy: float = 0.0051,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.features, hidden, hidden, outputs, last="linear")
        self.redundancy = redundancy

    def embed(self, batch: Batch) -> Embedded:
        # Each view by itself, so that batch norm never mixes them, as in the official code.
        y1, y2 = (self.encoder(view) for view in batch.views)
        z = torch.stack((self.projector(y1), self.projector(y2)), dim=1)
        return {"features": y1.detach(), "z": z}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        del batch
        # A correlation is one of all images; processes share the dimensions.
        z1, z2 = gather(embedded["z"]).unbind(1)
        loss = barlow_twins(z1, z2, self.redundancy, dimensions=share(z1.shape[1]))
        return Step(loss, embedded["features"], {"projection_spread": spread(embedded["z"])})
