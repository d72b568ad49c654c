"""Encoders to export, for several tests."""

from dataclasses import replace
from typing import Any

import torch

from lookalike.nn.encoder import Encoder
from lookalike.run.export import content_of
from lookalike.run.load import Pretrained
from lookalike.views.operations import Normalize
from lookalike.views.policy import Policy
from lookalike.views.presets import plain

COLOUR = Policy(normalize=Normalize(mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.3)))


def pretrained(name: str, size: int, channels: int = 3, **arguments: Any) -> Pretrained:
    """An encoder whose batch norms have statistics that a fresh one has not."""
    torch.manual_seed(0)
    encoder = Encoder(name, size, channels, **arguments).train()
    with torch.no_grad():
        encoder(torch.rand(8, channels, size, size))
    policy = COLOUR if channels == 3 else Policy(normalize=Normalize(mean=(0.4,), std=(0.3,)))
    return Pretrained(encoder, plain(replace(policy, size=size))).eval()


def content(which: Pretrained, **changes: Any) -> Any:
    """All of it, with the normalisation inside."""
    return content_of(which, **({"inside": True, "layer": None, "classes": ()} | changes))


def normalised(images: torch.Tensor, policy: Policy) -> torch.Tensor:
    assert policy.normalize is not None
    mean, std = (
        torch.tensor(x)[:, None, None] for x in (policy.normalize.mean, policy.normalize.std)
    )
    return (images - mean) / std
