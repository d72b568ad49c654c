"""SimCLR: A Simple Framework for Contrastive Learning of Visual Representations (Chen et al. 2020)."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize as unit

from lookalike.distributed import first_row, gather, world
from lookalike.losses.contrastive import nt_xent
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import projector as build_projector
from lookalike.views.presets import POLICIES


class SimCLR(Method):
    """Two views of an image should agree, and differ from all other images of the batch.

    Args:
        encoder: f, with h = f(view).
        projector: g, with z = g(h): "nonlinear" is the paper's, figure 8 compares the others.
        outputs: width of z; figure 8 finds that it hardly matters.
        temperature: τ of NT-Xent, after the normalisation; table 5's best is 0.1 on ImageNet,
            figure B.8's 0.5 on CIFAR-10 trained to the end.
        normalize: whether z is divided by its length (table 5's ablation switches it off).
    """

    views = POLICIES["simclr"]

    def __init__(
        self,
        encoder: Encoder,
        *,
        projector: Literal["none", "linear", "nonlinear"] = "nonlinear",
        outputs: int = 128,
        temperature: float = 0.1,
        normalize: bool = True,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = build_projector(projector, encoder.features, outputs)
        self.temperature, self.normalize = temperature, normalize

    def embed(self, batch: Batch) -> Embedded:
        # Both views in one pass: batch norm mixes them, as in the official code (section 2.2).
        h = self.encoder(torch.cat(batch.views))
        z = self.projector(h)
        first, second = z.chunk(2)
        features = h.detach()[: len(batch.image)].clone()
        return {"features": features, "z": torch.stack((first, second), dim=1)}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        del batch  # images are their own labels
        z = embedded["z"]
        first, second = z.unbind(1)
        # Negatives are the images of all processes; everyone compares its own rows with them.
        loss = nt_xent(
            first,
            second,
            self.temperature,
            normalize=self.normalize,
            everyone=gather(z) if world() > 1 else None,
            start=first_row(z),
        )
        numbers = {"contrastive_accuracy": contrastive_accuracy(first, second)}
        return Step(loss, embedded["features"], numbers)


@torch.no_grad()
def contrastive_accuracy(
    first: Float[Tensor, "n d"], second: Float[Tensor, "n d"]
) -> Float[Tensor, ""]:
    """Share of images whose first view lies nearest to their own second view (the code's metric)."""
    nearest = (unit(first.float(), dim=1) @ unit(second.float(), dim=1).T).argmax(1)
    return (nearest == torch.arange(len(first), device=first.device)).float().mean()
