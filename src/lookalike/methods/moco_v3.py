"""MoCo v3: An Empirical Study of Training Self-Supervised Vision Transformers (Chen et al. 2021)."""

import torch
from timm.models.vision_transformer import VisionTransformer

from lookalike.distributed import first_row, gather
from lookalike.losses.agreement import contrastive_accuracy, spread
from lookalike.losses.keys import info_nce_in_batch
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import mlp
from lookalike.nn.target import Target, rising
from lookalike.nn.vit import fix_positions, initialize
from lookalike.views.presets import POLICIES


class MoCoV3(Method):
    """A view should agree with a slow copy's key of the other, and differ from all other keys.

    The defaults are those for vision transformers.

    Args:
        encoder: the first part of f_q.
        projector_layers: of the second part: 3 for vision transformers, 2 for ResNets.
        hidden: width of all hidden layers.
        outputs: width of queries and keys.
        predictor_norm: whether the predictor ends in batch norm; the official code leaves it out
            for ResNets.
        temperature: τ; the official code has 1.0 for ResNets.
        target_decay: m, of the slow copy, which rises to 1; 0.996 for 1,000 epochs of ResNet-50.
        freeze_patches: whether a vision transformer's patch projection stays random, which keeps
            the training stable (section 4.2).
    """

    views = POLICIES["moco-v3"]

    def __init__(
        self,
        encoder: Encoder,
        *,
        projector_layers: int = 3,
        hidden: int = 4096,
        outputs: int = 256,
        predictor_norm: bool = True,
        temperature: float = 0.2,
        target_decay: float = 0.99,
        freeze_patches: bool = True,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        if isinstance(trunk := encoder.trunk, VisionTransformer):
            if not encoder.published:
                _prepare(trunk)
            trunk.patch_embed.requires_grad_(not freeze_patches)
        between = (hidden,) * (projector_layers - 1)
        self.projector = mlp(encoder.features, *between, outputs, last="fixed norm")
        self.predictor = mlp(
            outputs, hidden, outputs, last="fixed norm" if predictor_norm else "linear"
        )
        self.target = Target(self.encoder, self.projector)
        self.temperature, self.target_decay = temperature, target_decay

    def embed(self, batch: Batch) -> Embedded:
        # Each view by itself, so that batch norm never mixes them, as in the official code.
        y1, y2 = (self.encoder(view) for view in batch.views)
        q = torch.stack([self.predictor(self.projector(y)) for y in (y1, y2)], 1)
        k = torch.stack([self.target(view) for view in batch.views], 1)
        return {"features": y1.detach(), "q": q, "k": k}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        (q1, q2), start = embedded["q"].unbind(1), first_row(batch.image)
        k1, k2 = gather(embedded["k"].detach()).unbind(1)
        one = info_nce_in_batch(q1, k2, self.temperature, start)
        other = info_nce_in_batch(q2, k1, self.temperature, start)
        # The factor 2τ makes the gradient less dependent on the temperature (algorithm 1).
        loss = 2 * self.temperature * (one + other).sum() / len(k1)
        numbers = {
            "projection_spread": spread(q1),
            "contrastive_accuracy": contrastive_accuracy(q1, k2, start),
        }
        return Step(loss, embedded["features"], numbers)

    def after_update(self, progress: float) -> None:
        decay = rising(self.target_decay, progress)
        self.target.follow(self.encoder, self.projector, decay=decay)


@torch.no_grad()
def _prepare(trunk: VisionTransformer) -> None:
    """First weights and fixed positions, as in the official code."""
    initialize(trunk)
    fix_positions(trunk)
    for name, weight in trunk.named_parameters():
        if name.endswith("qkv.weight"):
            weight.mul_(2**0.5)  # Xavier's bound for each of the three matrices by itself
