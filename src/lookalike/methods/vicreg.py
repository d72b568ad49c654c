"""VICReg: Variance-Invariance-Covariance Regularization (Bardes et al. 2022)."""

import torch

from lookalike.distributed import gather, share
from lookalike.losses.agreement import spread
from lookalike.losses.decorrelation import vicreg
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import mlp
from lookalike.views.presets import POLICIES


class VICReg(Method):
    """Two views of an image should agree, while each dimension varies and no two vary together.

    Args:
        encoder: f, with y = f(view).
        hidden: width of the two hidden layers of the expander h, with z = h(y).
        outputs: width of z.
        invariance: λ, the weight of the squared distance between the views.
        variance: μ, the weight of standard deviations below 1.
        covariance: ν, the weight of the covariances between different dimensions.
    """

    views = POLICIES["vicreg"]

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden: int = 8192,
        outputs: int = 8192,
        invariance: float = 25.0,
        variance: float = 25.0,
        covariance: float = 1.0,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.features, hidden, hidden, outputs, last="linear")
        self.invariance, self.variance, self.covariance = invariance, variance, covariance

    def embed(self, batch: Batch) -> Embedded:
        # Each view by itself, so that batch norm never mixes them, as in the official code.
        y1, y2 = (self.encoder(view) for view in batch.views)
        z = torch.stack((self.projector(y1), self.projector(y2)), dim=1)
        return {"features": y1.detach(), "z": z}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        del batch
        # A covariance is one of all images; processes share the dimensions.
        z1, z2 = gather(embedded["z"]).unbind(1)
        loss = vicreg(
            z1,
            z2,
            invariance=self.invariance,
            variance=self.variance,
            covariance=self.covariance,
            dimensions=share(z1.shape[1]),
        )
        return Step(loss, embedded["features"], {"projection_spread": spread(embedded["z"])})
