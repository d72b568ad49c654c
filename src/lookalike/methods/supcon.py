"""SupCon: Supervised Contrastive Learning (Khosla et al. 2020)."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from lookalike.distributed import first_row, gather, total_rows, world
from lookalike.losses.agreement import contrastive_accuracy, spread
from lookalike.losses.contrastive import supcon
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import mlp
from lookalike.views.presets import POLICIES


class SupCon(Method):
    """All views of a class should agree, and differ from all other images of the batch.

    An image without a label agrees with its own other views only, as in SimCLR.

    Args:
        encoder: Enc, with r = Enc(view).
        classes: of the labels, for the classifier.
        projector: Proj, with z = Proj(r): one hidden layer as wide as r, or linear (section 3.1;
            the code's ImageNet scripts are linear without a bias). Neither has batch norm.
        outputs: width of z.
        normalize_features: whether r has length 1 when it is projected (section 3.1 and the
            ImageNet scripts; the CIFAR scripts leave it as it is).
        summation: the sum over positives outside the logarithm, equation 2, or inside, equation 3.
        temperature: τ, after the normalisation; 0.1 is the best of figure 4.
        base_temperature: the loss is multiplied by τ / this: 1 is the paper's scaling, 0.07 the
            official PyTorch code's, None the plain value. It is a factor of the rate of SGD.
        contrast: whether all views are anchors, or the first only.
        positives: the most positives from other images, in views (table 5), or None for all.
        denominator: all other views; or the negatives and the one positive of the numerator; or
            the negatives.
        classifier: whether a linear classifier learns along on the features without reaching them,
            in place of a second stage (section 3.1); its accuracy is that on training views.
    """

    views = POLICIES["supcon"]
    many_views = True
    labels = "some"

    def __init__(
        self,
        encoder: Encoder,
        classes: int,
        *,
        projector: Literal["linear", "nonlinear"] = "nonlinear",
        outputs: int = 128,
        normalize_features: bool = True,
        summation: Literal["out", "in"] = "out",
        temperature: float = 0.1,
        base_temperature: float | None = 1.0,
        contrast: Literal["all", "one"] = "all",
        positives: int | None = None,
        denominator: Literal["all", "one positive", "negatives"] = "all",
        classifier: bool = False,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        d = encoder.features
        self.projector = (
            mlp(d, d, outputs, norm=False)
            if projector == "nonlinear"
            else mlp(d, outputs, last="linear")
        )
        self.classifier = nn.Linear(d, classes) if classifier else None
        self.normalize_features, self.temperature = normalize_features, temperature
        self.summation, self.base_temperature = summation, base_temperature
        self.contrast, self.positives, self.denominator = contrast, positives, denominator

    def embed(self, batch: Batch) -> Embedded:
        # All views in one pass, so batch norm mixes them, as in both official codes.
        r = self.encoder(torch.cat(batch.views))
        scaled = normalize(r, dim=1) if self.normalize_features else r
        z = torch.stack(self.projector(scaled).chunk(len(batch.views)), dim=1)
        features = r.detach()[: len(batch.image)].clone()
        embedded = {"features": features, "z": z}
        if self.classifier:
            return embedded | {"logits": self.classifier(scaled[: len(features)].detach())}
        return embedded

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        z, start = embedded["z"], first_row(batch.image)
        alone = world() == 1
        loss = supcon(
            z,
            batch.label,
            self.temperature,
            summation=self.summation,
            base_temperature=self.base_temperature,
            contrast=self.contrast,
            positives=self.positives,
            denominator=self.denominator,
            everyone=None if alone else gather(z),
            everyone_group=None if alone else gather(batch.label),
            start=start,
        )
        keys = gather(z.detach()[:, -1])
        numbers = {
            "projection_spread": spread(z),
            "contrastive_accuracy": contrastive_accuracy(z[:, 0], keys, start),
        }
        if self.classifier:
            found, numbers["accuracy"] = _classified(embedded["logits"].float(), batch.label)
            loss = loss + found
        return Step(loss, embedded["features"], numbers)


def _classified(logits: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    """This process's share of the cross-entropy, and the accuracy; unlabelled images do not count."""
    total = cross_entropy(logits, label, ignore_index=-1, reduction="sum")
    right = (logits.argmax(1) == label).sum() / (label >= 0).sum()
    return total / total_rows(label), right.detach()
