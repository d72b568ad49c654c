"""How the papers fine-tune, as a table."""

from dataclasses import dataclass
from itertools import product
from typing import Literal, NamedTuple

from lookalike.errors import UsageError


class Trial(NamedTuple):
    """One of the settings that a protocol tries."""

    rate_per_256: float
    decay: float
    epochs: int | None  # None: the protocol counts updates


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """One paper's way to train an encoder on. Of several settings, one is chosen on images held out.

    Args:
        name: of the paper.
        optimizer: SGD with Nesterov momentum 0.9, or AdamW.
        rates: learning rates for a batch of 256, to which they are proportional; half a cosine to 0.
        decays: weight decays; biases and norms have none.
        decay_per_rate: whether the decays are still to be divided by the rate.
        epochs: passes over the training images, or None.
        epochs_of_1_percent: the same where 1 % of the labels are used, if it differs.
        updates: in all, where the paper counts these.
        batch: images per update in the paper; a small set needs a smaller one.
        warmup: share of the updates in which the rate rises from 0.
        layer_decay: the rate of a layer is this share of that of the next (`training.layers`).
        drop_path: how often the last block of a transformer is left out; at the first never.
        smoothing: share of a target that is spread over all classes.
        mixup: a of Beta(a, a), in which proportion images are blended; 0 for none.
        cutmix: a of Beta(a, a), how much of an image comes from another; 0 for none.
        slow_norms: whether batch norms' momentum is 10 / (updates per epoch) where this is below 0.1.
        views: the policy of `views.presets.POLICIES` that is trained on.
    """

    name: str
    optimizer: Literal["sgd", "adamw"] = "sgd"
    rates: tuple[float, ...]
    decays: tuple[float, ...] = (0.0,)
    decay_per_rate: bool = False
    epochs: tuple[int | None, ...] = (None,)
    epochs_of_1_percent: tuple[int, ...] = ()
    updates: int = 0
    batch: int
    warmup: float = 0.0
    layer_decay: float = 1.0
    drop_path: float = 0.0
    smoothing: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    slow_norms: bool = False
    views: str

    def trials(
        self, labels: str, *, epochs: int | None, rate: float | None, decay: float | None
    ) -> list[Trial]:
        """All that is tried.

        Args:
            labels: share of the labels that is used.
            epochs: instead of the paper's, or None; the others likewise.
            rate: for a batch of 256.
            decay: of the weights.

        Raises:
            UsageError: the rate is not above 0, or the decay is below.
        """
        if (rate is not None and rate <= 0) or (decay is not None and decay < 0):
            raise UsageError("Fine-tuning needs a rate above 0 and a decay of 0 or more.")
        few = labels == "1%" and self.epochs_of_1_percent
        return [
            Trial(*each)
            for each in product(
                self.rates if rate is None else (rate,),
                self.decays if decay is None else (decay,),
                (few or self.epochs) if epochs is None else (epochs,),
            )
        ]


TUNINGS: dict[str, Tuning] = {
    # Appendix B.5: 60 epochs on 1 % of the labels, 30 on more. The decay of the
    # rate is the official code's.
    "simclr": Tuning(
        name="SimCLR",
        rates=(0.05,),
        epochs=(30,),
        epochs_of_1_percent=(60,),
        batch=4096,
        views="linear",
    ),
    # Its semi-supervised protocol. That the rate grows with the batch is what its code does for its
    # linear layer.
    "byol": Tuning(
        name="BYOL",
        rates=(0.01, 0.02, 0.05, 0.1, 0.005),
        epochs=(30, 50),
        batch=1024,
        views="mae-linear",
    ),
    # Appendix A.1, table 9, and what the official code erases. Smaller models have 100 epochs.
    "mae": Tuning(
        name="MAE",
        optimizer="adamw",
        rates=(1e-3,),
        decays=(0.05,),
        epochs=(100,),
        batch=1024,
        warmup=0.05,
        layer_decay=0.75,
        drop_path=0.1,
        smoothing=0.1,
        mixup=0.8,
        cutmix=1.0,
        views="mae-finetune",
    ),
    # SimCLR's appendix B.8, which BYOL repeats, on other data than the encoder was trained on.
    "transfer": Tuning(
        name="SimCLR, transfer",
        rates=tuple(10 ** (-4 + 0.5 * i) for i in range(7)),
        decays=(0.0, *(10 ** (-6 + 0.5 * i) for i in range(7))),
        decay_per_rate=True,
        updates=20_000,
        batch=256,
        slow_norms=True,
        views="linear",
    ),
}
"""Name → tuning."""
