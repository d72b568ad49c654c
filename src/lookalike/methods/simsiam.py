"""SimSiam: Exploring Simple Siamese Representation Learning (Chen & He 2021)."""

from lookalike.losses.cosine import negative_cosine
from lookalike.method import Batch, Embedded, Method
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import mlp
from lookalike.views.presets import POLICIES


class SimSiam(Method):
    """From one view, predict what the same network sees in the other, without gradients there.

    The learning rate of the predictor falls with all others, as in table 1's baseline; the official
    code holds it constant, table 1c.

    Args:
        encoder: the first part of f.
        projector_layers: of the second part of f; the paper has 2 on CIFAR-10 (appendix D).
        hidden: width of the projector's hidden layers; the official code has the encoder's.
        outputs: width of z and p.
        predictor_hidden: width of the predictor's hidden layer, a bottleneck.
        predictor: whether there is h; without it the network collapses (table 1a).
        stop_gradient: whether z is a constant in the loss; otherwise the network collapses
            (figure 2).
    """

    views = POLICIES["simsiam"]

    def __init__(
        self,
        encoder: Encoder,
        *,
        projector_layers: int = 3,
        hidden: int = 2048,
        outputs: int = 2048,
        predictor_hidden: int = 512,
        predictor: bool = True,
        stop_gradient: bool = True,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        between = (hidden,) * (projector_layers - 1)
        self.projector = mlp(encoder.features, *between, outputs, last="fixed norm")
        self.predictor = mlp(outputs, predictor_hidden, outputs) if predictor else None
        self.stop_gradient = stop_gradient

    def embed(self, batch: Batch) -> Embedded:
        # Each view by itself, so that batch norm never mixes them, as in the official code.
        y1, y2 = (self.encoder(view) for view in batch.views)
        z1, z2 = self.projector(y1), self.projector(y2)
        p1, p2 = (z1, z2) if self.predictor is None else map(self.predictor, (z1, z2))
        t1, t2 = (z1.detach(), z2.detach()) if self.stop_gradient else (z1, z2)
        loss = negative_cosine(p1, t2) / 2 + negative_cosine(p2, t1) / 2
        return {"features": y1.detach(), "z": z1.detach(), "loss": loss}

    def remarks(self) -> list[str]:
        if self.predictor and self.stop_gradient:
            return []
        return [
            "SimSiam without its predictor or its stopped gradient collapses: 0.1 % in table 1a and "
            "figure 2, against 67.7 %"
        ]
