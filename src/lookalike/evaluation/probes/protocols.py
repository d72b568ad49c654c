"""How the papers train their linear layers by gradient descent, as a table."""

import math
from dataclasses import dataclass
from typing import Literal

from lookalike.training.schedule import warmup_cosine


@dataclass(frozen=True, kw_only=True)
class LinearProtocol:
    """One paper's way to train a linear layer on features that stay as they are.

    Args:
        name: of the paper.
        optimizer: "sgd"; "lars" in the form of MoCo v3 and MAE, trust coefficient 0.001; or "rmsprop"
            in that of TensorFlow, decay 0.9 and ε 0.001.
        rates: learning rate for a batch of 256, to which it is proportional; of several, one is
            chosen on images held out of the training images.
        epochs: passes over the training images.
        batch: images per update in the paper; a small set needs a smaller one.
        warmup: epochs in which the rate rises from 0.
        steps: epochs at whose end the rate falls to a fifth.
        falls: the share of the rate that is left after each so many epochs past the warm-up. Without
            these and steps it follows a cosine to 0.
        momentum: share of the last step that is kept.
        nesterov: whether the momentum looks ahead.
        weight_decay: of the weights, never of the bias.
        normalize: batch norm without affine between features and layer, momentum 0.1, ε 1e-6.
        deviation: of the normal distribution the weights begin with; 0 begins with zeros.
        views: the policy of `views.presets.POLICIES` that the paper trains the layer on.
    """

    name: str
    optimizer: Literal["sgd", "lars", "rmsprop"] = "sgd"
    rates: tuple[float, ...]
    epochs: int
    batch: int
    warmup: int = 0
    steps: tuple[int, ...] = ()
    falls: tuple[float, float] | None = None
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 0.0
    normalize: bool = False
    deviation: float = 0.0
    views: str

    def rate(self, update: int, *, peak: float, updates: int) -> float:
        """The learning rate of an update.

        Args:
            update: its number, from 0.
            peak: greatest rate, one of `rates` · batch / 256.
            updates: updates in all, which stand for `epochs` epochs.
        """
        if self.steps:
            passed = sum(update * self.epochs >= step * updates for step in self.steps)
            return peak * 0.2**passed
        warmup = round(self.warmup * updates / self.epochs)
        if self.falls and update >= warmup:
            share, each = self.falls
            return peak * math.pow(share, (update - warmup) * self.epochs // (each * updates))
        return warmup_cosine(update, peak=peak, warmup=warmup, updates=updates)


PROTOCOLS: dict[str, LinearProtocol] = {
    # Appendix B.6. The decay of the rate is the official code's.
    "simclr": LinearProtocol(name="SimCLR", rates=(0.1,), epochs=90, batch=4096, views="linear"),
    # Both official codes on CIFAR-10 (rate 5 for 512 images).
    "supcon": LinearProtocol(
        name="SupCon",
        rates=(2.5,),
        epochs=100,
        batch=512,
        steps=(60, 75, 90),
        nesterov=False,
        views="supervised-cifar",
    ),
    # The official code on ImageNet.
    "supcon-imagenet": LinearProtocol(
        name="SupCon on ImageNet",
        optimizer="rmsprop",
        rates=(0.05,),
        epochs=90,
        batch=6144,
        warmup=12,
        falls=(0.97, 0.5),
        nesterov=False,
        weight_decay=1e-6,
        views="supcon",
    ),
    # Its linear protocol. The crop is the one that MAE took over.
    "byol": LinearProtocol(
        name="BYOL",
        rates=(0.4, 0.3, 0.2, 0.1, 0.05),
        epochs=80,
        batch=1024,
        views="mae-linear",
    ),
    # Appendix A.1, table 10.
    "mae": LinearProtocol(
        name="MAE",
        optimizer="lars",
        rates=(0.1,),
        epochs=90,
        batch=16384,
        warmup=10,
        normalize=True,
        deviation=0.01,
        views="mae-linear",
    ),
}
"""Name → protocol."""
