"""SimCLR: A Simple Framework for Contrastive Learning of Visual Representations (Chen et al. 2020)."""

from typing import Any, Literal

import torch
from torch import Tensor

from lookalike.distributed import first_row, gather, world
from lookalike.losses.agreement import contrastive_accuracy, entropy, same_class, spread
from lookalike.losses.contrastive import nt_xent
from lookalike.losses.margin import pairwise_margin
from lookalike.losses.ranking import nt_logistic, triplet
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
        loss: NT-Xent, or one of those it is compared with in tables 2 and 4; "pairwise_margin" is
            the older loss of pairs, with images as classes.
        temperature: τ of NT-Xent and NT-Logistic, after the normalisation. Table 5's best is 0.1 on
            ImageNet, figure B.8's 0.5 on CIFAR-10 trained to the end; the grid for NT-Logistic is
            0.1, 0.2, 0.5, 1 (B.10).
        margin: of the triplet, on the cosine, where the grid is 0, 0.4, 0.8, 1.6 (B.10); or of the
            pairs, on the squared distance.
        negatives: which ones NT-Logistic and triplet take; semi-hard ones do better (table 4).
        normalize: whether z is divided by its length (table 5's ablation switches it off).
    """

    views = POLICIES["simclr"]

    def __init__(
        self,
        encoder: Encoder,
        *,
        projector: Literal["none", "linear", "nonlinear"] = "nonlinear",
        outputs: int = 128,
        loss: Literal["nt_xent", "nt_logistic", "triplet", "pairwise_margin"] = "nt_xent",
        temperature: float = 0.1,
        margin: float = 0.8,
        negatives: Literal["all", "semi-hard"] = "all",
        normalize: bool = True,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = build_projector(projector, encoder.features, outputs)
        self.loss, self.temperature, self.margin = loss, temperature, margin
        self.negatives, self.normalize = negatives, normalize

    def embed(self, batch: Batch) -> Embedded:
        # Both views in one pass: batch norm mixes them, as in the official code (section 2.2).
        h = self.encoder(torch.cat(batch.views))
        z = self.projector(h)
        first, second = z.chunk(2)
        features = h.detach()[: len(batch.image)].clone()
        return {"features": features, "z": torch.stack((first, second), dim=1)}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        # Negatives are the images of all processes; everyone compares its own rows with them.
        z, start = embedded["z"], first_row(batch.image)
        everyone = gather(z) if world() > 1 else None
        loss = self._loss(z, batch.image, everyone, start)
        (first, _), keys = z.unbind(1), (z if everyone is None else everyone)[:, 1]
        numbers = {
            "contrastive_accuracy": contrastive_accuracy(first, keys, start),
            "entropy": entropy(first, keys, self.temperature, self.normalize),
            "projection_spread": spread(z),
            "same_class_negatives": same_class(batch.label, gather(batch.label)),
        }
        return Step(loss, embedded["features"], numbers)

    def _loss(self, z: Tensor, image: Tensor, everyone: Tensor | None, start: int) -> Tensor:
        first, second = z.unbind(1)
        whole: dict[str, Any] = {"normalize": self.normalize, "everyone": everyone, "start": start}
        match self.loss:
            case "nt_xent":
                return nt_xent(first, second, self.temperature, **whole)
            case "nt_logistic":
                return nt_logistic(
                    first, second, self.temperature, negatives=self.negatives, **whole
                )
            case "triplet":
                return triplet(first, second, self.margin, negatives=self.negatives, **whole)
            case _:
                return pairwise_margin(z, image, self.margin, everyone_group=gather(image), **whole)
