"""What a stranger must know of an exported encoder; it is written into each file."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lookalike.nn.encoder import Encoder
from lookalike.views.operations import Normalize
from lookalike.views.policy import Fit, Policy


@dataclass(frozen=True, kw_only=True)
class About:
    """Args:
    gives: features, or the probabilities of the classes.
    encoder: its name.
    channels: of the images.
    size: their side in pixels.
    normalised_inside: whether images come with values from 0 to 1, or already normalised.
    mean: of each channel, of values from 0 to 1.
    std: likewise, the standard deviation.
    interpolation: how pictures are resized.
    share: side of the centred square that is resized, as a share of the picture's short side.
    outputs: how many numbers come out for each image.
    classes: their names, where probabilities come out.
    """

    gives: Literal["features", "probabilities"]
    encoder: str
    channels: int
    size: int
    normalised_inside: bool
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str
    share: float
    outputs: int
    classes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one image."""
        return self.channels, self.size, self.size

    @property
    def values(self) -> str:
        """What the numbers of an image are, for people."""
        if self.normalised_inside:
            return "values from 0 to 1; they are normalised inside"
        numbers = (", ".join(f"{x:.4g}" for x in each) for each in (self.mean, self.std))
        return "values from 0 to 1, less {}, divided by {}".format(*numbers)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        facts = {"input": ["n", *self.shape], "output": ["n", self.outputs], "values": self.values}
        return asdict(self) | facts

    def as_texts(self) -> dict[str, str]:
        """The same for formats that keep texts: each value as JSON, but what is a text already."""
        pairs = self.as_dict().items()
        return {key: x if isinstance(x, str) else json.dumps(x) for key, x in pairs}


def about(
    encoder: Encoder, policy: Policy, *, normalised_inside: bool, classes: Sequence[str] = ()
) -> About:
    """What there is to know.

    Args:
        encoder: the one to export.
        policy: its plain view.
        normalised_inside: whether the exported program normalises images.
        classes: of the classifier behind it, if there is one.
    """
    assert isinstance(policy.crop, Fit)  # noqa: S101 - what `plain` promises
    normalize = policy.normalize or Normalize(mean=(0.0,), std=(1.0,))
    mean, std = (
        each * encoder.channels if len(each) == 1 else each
        for each in (normalize.mean, normalize.std)
    )
    return About(
        gives="probabilities" if classes else "features",
        encoder=encoder.name,
        channels=encoder.channels,
        size=policy.size,
        normalised_inside=normalised_inside,
        mean=mean,
        std=std,
        interpolation=policy.crop.interpolation,
        share=policy.crop.share,
        outputs=len(classes) or encoder.features,
        classes=tuple(classes),
    )
