"""Supervised learning: what all papers compare with.

Cross-entropy, or the large-margin softmax of SupCon's table 2. With the views of another method it is
that method's control; MAE's appendix A.2 and BYOL's appendix C have recipes of their own.
"""

from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lookalike.losses.inputs import full_precision
from lookalike.losses.margin import large_margin_softmax
from lookalike.method import Batch, Embedded, Method
from lookalike.nn.encoder import Encoder
from lookalike.nn.target import Target
from lookalike.views.mixing import mixed
from lookalike.views.presets import POLICIES


class Supervised(Method):
    """Learn the label of each view.

    Args:
        encoder: images → features.
        classes: of the labels.
        loss: cross-entropy, or large-margin softmax (Liu et al. 2016).
        margin: of the latter, 1 to 4: how many times smaller the angle to the right class must be.
        smoothing: share of a target that is spread over all classes; 0.1 for MAE and BYOL.
        mixup: a of Beta(a, a), in which proportion images are blended; 0.8 for MAE, 0 for none.
        cutmix: a of Beta(a, a), how much of an image comes from another; 1 for MAE, 0 for none.
        average_decay: of a running mean of the encoder's weights, which is kept in place of the last
            ones; 0.9999 for MAE's transformers from scratch, 0 for the last ones.
    """

    views = POLICIES["supervised"]
    many_views = True
    labels = "all"

    def __init__(
        self,
        encoder: Encoder,
        classes: int,
        *,
        loss: Literal["cross_entropy", "large_margin"] = "cross_entropy",
        margin: int = 4,
        smoothing: float = 0.0,
        mixup: float = 0.0,
        cutmix: float = 0.0,
        average_decay: float = 0.0,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.classifier = nn.Linear(encoder.features, classes, bias=loss == "cross_entropy")
        self.average_decay = average_decay
        self.average = Target(encoder) if average_decay else None
        self.loss, self.margin, self.classes = loss, margin, classes
        self.mixing = {"smoothing": smoothing, "mixup": mixup, "cutmix": cutmix}

    def embed(self, batch: Batch) -> Embedded:
        every = [self._look(view, batch) for view in batch.views]
        (features, right, _), losses = every[0], [loss for _, _, loss in every]
        return {
            "features": features.detach(),
            "accuracy": right,
            "loss": torch.stack(losses).mean(0),
        }

    def after_update(self, progress: float) -> None:
        del progress
        if self.average:
            self.average.follow(self.encoder, decay=self.average_decay, statistics=True)

    @property
    def kept(self) -> Encoder:
        return cast(Encoder, self.average.parts[0]) if self.average else self.encoder

    def _look(self, view: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Features, hits and losses of one view of each image."""
        view, targets = mixed(view, batch.label, batch.key, classes=self.classes, **self.mixing)
        features = self.encoder(view)
        logits = self.classifier(features)
        right = (logits.argmax(1) == targets.argmax(1)).float()
        if self.loss == "large_margin":
            weight = self.classifier.weight
            return features, right, large_margin_softmax(features, weight, batch.label, self.margin)
        return features, right, _soft_cross_entropy(logits, targets)


@full_precision
def _soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return cross_entropy(logits, targets.to(logits), reduction="none")
