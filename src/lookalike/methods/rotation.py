"""Rotation prediction (Gidaris, Singh and Komodakis 2018), an older pretext task."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lookalike.losses.inputs import full_precision
from lookalike.method import Batch, Embedded, Method
from lookalike.nn.encoder import Encoder
from lookalike.views.presets import POLICIES


class Rotation(Method):
    """Tell by how many right angles an image was turned.

    Each image is seen in all four rotations at once (section 3.2 of the paper); views are square.

    Args:
        encoder: images → features.
    """

    views = POLICIES["rotation"]

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.classifier = nn.Linear(encoder.features, 4)

    def embed(self, batch: Batch) -> Embedded:
        upright, count = batch.views[0], len(batch.image)
        turned = torch.cat([upright.rot90(turns, (2, 3)) for turns in range(4)])
        features = self.encoder(turned)
        logits = self.classifier(features)
        turns = torch.arange(4, device=logits.device).repeat_interleave(count)
        losses = full_precision(cross_entropy)(logits, turns, reduction="none")
        right = (logits.argmax(1) == turns).float()
        return {
            "features": features.detach()[:count].clone(),
            "loss": losses.view(4, count).mean(0),
            "accuracy": right.view(4, count).mean(0),
        }
