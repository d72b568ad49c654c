"""BYOL: Bootstrap Your Own Latent (Grill et al. 2020)."""

from typing import Literal

import torch
from torch import Tensor

from lookalike.distributed import first_row, gather, total_rows, world
from lookalike.losses.agreement import spread
from lookalike.losses.regression import info_nce, linear_prediction, regression
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import mlp
from lookalike.nn.target import Target, rising
from lookalike.views.presets import POLICIES

_HASTY = 0.5
"""Below, a target is nearer to none than to the lowest that was seen to work, 0.9 (table 5a)."""


class BYOL(Method):
    """From one view, predict what a slow copy of the network sees in the other.

    Args:
        encoder: f; y = f(view).
        hidden: width of the hidden layer of projector and predictor.
        outputs: width of projection and prediction (table 14b).
        projector_depth: layers of the projector; 1 is linear (table 14a).
        predictor_depth: layers of the predictor.
        projector_rate: how many times the rate of the encoder the projector has (table 22).
        predictor_rate: likewise of the predictor, which may do without a slow target (table 21).
        predictor: q, learned; or the best linear map of each batch (appendix I); or none (table 5b).
        target: ξ, the slow copy; or the network itself without its gradient, sg(θ), or with it, θ
            (table 5b); or a copy that stays as it was, which the paper starts from (section 3).
        target_decay: τ_base, from which τ rises to 1: 0.996 for 1,000 epochs, 0.99 for 300.
        negatives: β, the weight of SimCLR's negatives (tables 5b and 18).
        temperature: α, of the negatives.
        scaling: of projections and predictions in the loss (table 20).
    """

    views = POLICIES["byol"]

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden: int = 4096,
        outputs: int = 256,
        projector_depth: int = 2,
        predictor_depth: int = 2,
        projector_rate: float = 1.0,
        predictor_rate: float = 1.0,
        predictor: Literal["learned", "solved", "none"] = "learned",
        target: Literal["slow", "online", "online with gradient", "fixed"] = "slow",
        target_decay: float = 0.996,
        negatives: float = 0.0,
        temperature: float = 0.1,
        scaling: Literal["length", "layer", "batch", "none"] = "length",
    ) -> None:
        super().__init__()
        self.encoder = encoder
        inside = [hidden] * (projector_depth - 1)
        self.projector = mlp(encoder.features, *inside, outputs, last="linear")
        self.rates, self.predictor = {"projector": projector_rate}, None
        self.solved = predictor == "solved"
        if predictor == "learned":
            inside = [hidden] * (predictor_depth - 1)
            self.predictor = mlp(outputs, *inside, outputs, last="linear")
            self.rates["predictor"] = predictor_rate
        own = target.startswith("online")
        self.target = None if own else Target(self.encoder, self.projector)
        self.kind, self.target_decay = target, target_decay
        self.negatives, self.temperature, self.scaling = negatives, temperature, scaling

    def embed(self, batch: Batch) -> Embedded:
        # Each view by itself, so that batch norm never mixes them, as in the official code.
        y1, y2 = (self.encoder(view) for view in batch.views)
        z = self.projector(y1), self.projector(y2)
        q1, q2 = z if self.predictor is None else map(self.predictor, z)
        t1, t2 = self._targets(batch, z)
        embedded = {"features": y1.detach(), "z": z[0].detach()}
        if not self.averages:
            return embedded | {"q": torch.stack((q1, q2), 1), "t": torch.stack((t1, t2), 1)}
        # Equation 2 is the sum of both directions, not their mean.
        loss = regression(q1, t2, scaling=self.scaling) + regression(q2, t1, scaling=self.scaling)
        return embedded | {"loss": loss}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        if self.averages:
            return super().compare(embedded, batch)
        t = embedded["t"]
        q1, q2 = embedded["q"].unbind(1)
        if self.solved:
            q1, q2 = linear_prediction(q1, t[:, 1]), linear_prediction(q2, t[:, 0])
        loss = self._one_way(q1, t, batch) + self._one_way(q2, t.flip(1), batch)
        numbers = {"projection_spread": spread(embedded["z"])}
        return Step(loss, embedded["features"], numbers)

    @property
    def averages(self) -> bool:
        return not (self.negatives or self.solved)

    def after_update(self, progress: float) -> None:
        if self.kind == "slow" and self.target:
            decay = rising(self.target_decay, progress)
            self.target.follow(self.encoder, self.projector, decay=decay)

    def remarks(self) -> list[str]:
        if self.negatives:
            return []
        if not ((self.target and self.predictor) or self.solved):
            return [
                "BYOL without its predictor or without its target tends to a collapse: 0.1 to 5.5 % "
                "in table 5b, against 72.5 %"
            ]
        if self.kind == "slow" and self.target_decay < _HASTY:
            return [
                f"BYOL with target_decay={self.target_decay:g} has hardly any slow target: 0.3 % in "
                "table 5a with 0, against 72.5 % with 0.99"
            ]
        return []

    def _one_way(self, q: Tensor, t: Tensor, batch: Batch) -> Tensor:
        """One direction of the loss that BYOL and SimCLR have in common, or of BYOL's own."""
        if not self.negatives:
            return regression(q, t[:, 1], scaling=self.scaling).sum() / total_rows(t)
        everyone = gather(t) if world() > 1 else None
        start = first_row(batch.image)
        return info_nce(q, t, self.temperature, self.negatives, everyone=everyone, start=start)

    def _targets(self, batch: Batch, z: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """What the predictions of one view are compared with in the other."""
        if self.target:
            return self.target(batch.views[0]), self.target(batch.views[1])
        return z if self.kind == "online with gradient" else (z[0].detach(), z[1].detach())
