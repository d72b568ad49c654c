"""DINO: Emerging Properties in Self-Supervised Vision Transformers (Caron et al. 2021)."""

import torch
from torch import Tensor

from lookalike.distributed import summed, total_rows
from lookalike.losses.agreement import spread
from lookalike.losses.clusters import prediction_between_views, sharpened
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import gelu_mlp
from lookalike.nn.multicrop import of_all_views
from lookalike.nn.prototypes import Prototypes
from lookalike.nn.target import Target, rising
from lookalike.views.presets import POLICIES


class DINO(Method):
    """From any view, predict which prototypes a slow copy of the network sees in another large one.

    The target sees the first two views only; others may be smaller. The official code leaves the
    prototypes as they are for the first epoch and can raise the target's temperature over the first
    thirty; neither is done here. Its gradients are clipped at 3, which is the recipe's matter.

    Args:
        encoder: f.
        hidden: width of the projector's two hidden layers (section 3.1).
        bottleneck: width of z, which gets length 1 before it meets the prototypes.
        prototypes: K; more is better up to 65,536 (appendix C). Their lengths stay 1, as with the
            official code's norm_last_layer.
        temperature: τ_s, of the predictions.
        target_temperature: τ_t, of the target; lower is sharper, and above 0.06 it collapses unless
            it gets there slowly (appendix D).
        target_decay: λ, of the target's weights, from which it rises to 1; higher for small batches,
            such as 0.9995 for 256 images.
        centre_decay: m, of the mean that is subtracted from the target's outputs (equation 4).
    """

    views = POLICIES["dino"]
    many_views = True
    centre: Tensor

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden: int = 2048,
        bottleneck: int = 256,
        prototypes: int = 65536,
        temperature: float = 0.1,
        target_temperature: float = 0.04,
        target_decay: float = 0.996,
        centre_decay: float = 0.9,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = gelu_mlp(encoder.features, hidden, hidden, bottleneck)
        self.prototypes = Prototypes(bottleneck, prototypes)
        self.target = Target(self.encoder, self.projector)
        self.target_prototypes = Target(self.prototypes)
        self.register_buffer("centre", torch.zeros(prototypes))
        self.temperature, self.target_temperature = temperature, target_temperature
        self.target_decay, self.centre_decay = target_decay, centre_decay

    def embed(self, batch: Batch) -> Embedded:
        # Prototypes are for `compare`: what they make of z is too large to keep for every piece.
        y = of_all_views(self.encoder, batch.views)
        z = torch.stack(self.projector(y).chunk(len(batch.views)), dim=1)
        t = torch.stack(of_all_views(self.target, batch.views[:2]).chunk(2), dim=1)
        return {"features": y.detach()[: len(batch.image)].clone(), "z": z, "t": t}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        seen = self.target_prototypes(embedded["t"])
        targets = sharpened(seen, self.centre, self.target_temperature)
        scores = self.prototypes(embedded["z"])
        losses = prediction_between_views(scores, targets, self.temperature)
        if self.training:
            self._move_centre(seen)
        numbers = {
            "projection_spread": spread(targets),  # z may share a part, which the centre takes away
            "assignment_entropy": torch.special.entr(targets).sum(2).mean(),
        }
        return Step(losses.sum() / total_rows(batch.image), embedded["features"], numbers)

    def _move_centre(self, seen: Tensor) -> None:
        """c ← m c + (1 - m) times the mean over both views of the images of all processes."""
        mean = summed(seen.sum((0, 1))) / (seen.shape[1] * total_rows(seen))
        self.centre.lerp_(mean, 1 - self.centre_decay)

    def after_update(self, progress: float) -> None:
        decay = rising(self.target_decay, progress)
        self.target.follow(self.encoder, self.projector, decay=decay)
        self.target_prototypes.follow(self.prototypes, decay=decay)
