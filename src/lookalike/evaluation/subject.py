"""What is evaluated: an encoder, and how it sees an image."""

from dataclasses import replace
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from lookalike.views.policy import Policy

PROJECTION = "projection"
"""The name of a run's z, beside "trained", its h."""

_PIXELS = 32  # greatest side of the raw-pixel baseline


class Subject(NamedTuple):
    """One column of a table.

    Args:
        name: "pixels", "untrained", "trained", or that of another encoder.
        encoder: images [n, c, h, w] → features [n, d], on the runtime's device.
        policy: its plain view, the one it is tested on.
    """

    name: str
    encoder: nn.Module
    policy: Policy


class Pixels(nn.Module):
    """The images themselves as features: what every encoder must beat."""

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        return images.flatten(1)


def pixels(policy: Policy) -> Subject:
    """Raw pixels as a subject: the plain view at 32 px or less, flattened.

    Args:
        policy: how the encoder it is compared with sees images.
    """
    return Subject("pixels", Pixels(), replace(policy, size=min(policy.size, _PIXELS)))
