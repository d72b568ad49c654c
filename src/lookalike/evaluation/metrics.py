"""Numbers that judge scores, each with the interval that chance alone would give it."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from lookalike.errors import NumericalError
from lookalike.randomness import number

_Z = 1.959963984540054  # 97.5 % of the normal distribution lie below


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % confidence interval.

    Args:
        value: the number.
        low: the interval's lower end; `value` itself where chance has no part in it.
        high: its upper end.
        percent: whether it is a share in 0 … 1, which people read in percent.
    """

    value: float
    low: float
    high: float
    percent: bool = True

    @classmethod
    def exact(cls, value: float, *, percent: bool = False) -> "Estimate":
        """A number that stands for itself, such as a rank."""
        return cls(value, value, value, percent)

    @property
    def shown(self) -> str:
        """The number without its interval, "98.5"."""
        return plus_minus(self.value, 0.0, percent=self.percent)

    @property
    def interval(self) -> str:
        """Its two ends, "97.4 – 99.6"; nothing where chance has no part in it."""
        ends = (plus_minus(end, 0.0, percent=self.percent) for end in (self.low, self.high))
        return " – ".join(ends) if self.low < self.high else ""

    def __str__(self) -> str:
        """With half of the interval, "98.5 ± 1.1"."""
        return plus_minus(self.value, (self.high - self.low) / 2, percent=self.percent)


def plus_minus(value: float, half: float, *, percent: bool) -> str:
    """For people: in per cent with one digit, or as it is with two; without ± where half is 0."""
    unit, digits = (100, 1) if percent else (1, 2)
    shown = f"{unit * value:.{digits}f}"
    return f"{shown} ± {unit * half:.{digits}f}" if half else shown


class Outcome(NamedTuple):
    """What an evaluation hands back.

    Args:
        result: a score for each test image and class, for `measure` to judge; or finished metrics.
        how: every setting and every choice made on the way, ready for JSON.
        seen: the rows of the test source that the scores are of, where some could not be read; of
            evaluations of images only.
    """

    result: Float[Tensor, "n classes"] | dict[str, Estimate]
    how: dict[str, Any]
    seen: Int[Tensor, " n"] | None = None


def measure(
    scores: Float[Tensor, "n classes"],
    label: Int[Tensor, " n"],
    *,
    seed: int,
    resamples: int = 2000,
) -> dict[str, Estimate]:
    """Top-1, top-5 (only above 5 classes) and balanced accuracy, each with its 95 % interval.

    Top-1 and top-5 have Wilson's interval (1927). Balanced accuracy is the mean recall of the
    classes that occur; its interval is the central 95 % of it over test sets drawn with replacement
    from this one and one image more, half right and half wrong, spread evenly over the classes
    (smoothed percentile bootstrap, images drawn independently of their class). A flawless test thus
    leaves some doubt. Plain percentiles hold the truth too rarely where mistakes are few
    (`benchmarks/coverage.py`).

    Args:
        scores: higher is likelier; ties go to the first class, -inf means never.
        label: the true class of each image, in 0 … classes - 1.
        seed: of the resampling.
        resamples: how many test sets are drawn.

    Raises:
        NumericalError: a score is not a number.
    """
    counts = _counts(scores, label)
    images, (first, top5, _) = counts.sum(axis=1), counts.cumsum(axis=1).T
    found = {"top-1": _share(int(first.sum()), len(label))}
    if len(counts) > 5:
        found["top-5"] = _share(int(top5.sum()), len(label))
    kinds = np.stack([first, images - first], axis=1)
    drawn = _balanced(draw_sets(kinds, (0.5, 0.5), seed=seed, resamples=resamples))
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
    return found | {"balanced": Estimate(float(_balanced(kinds)), low, high)}


def draw_sets(
    counts: NDArray[np.int64], more: tuple[float, ...], *, seed: int, resamples: int
) -> NDArray[np.int64]:
    """Test sets drawn with replacement from one and a few images more: [resamples classes kinds].

    All that matters of an image is its class and its kind, so drawing n images is one multinomial
    draw over those few.

    Args:
        counts: images of each class and kind [classes, kinds].
        more: images of each kind that are added, spread evenly over the classes that occur.
        seed: of the draws.
        resamples: how many sets.
    """
    present = counts.any(axis=1, keepdims=True)
    share = counts + present * np.array(more) / present.sum()
    generator = np.random.default_rng(number("bootstrap", seed) % 2**64)
    drawn = generator.multinomial(counts.sum(), share.ravel() / share.sum(), size=resamples)
    return drawn.reshape(resamples, *counts.shape)


def ranks(scores: Float[Tensor, "n classes"], label: Int[Tensor, " n"]) -> Int[Tensor, " n"]:
    """How many classes are preferred to the true one: 0 where the first guess is right."""
    if scores.isnan().any():
        raise NumericalError(
            "The evaluation gave scores that are not numbers.",
            why="The features it was given are infinite or not numbers.",
        )
    own = scores.gather(1, label[:, None])
    earlier = torch.arange(scores.shape[1]) < label[:, None]
    return ((scores > own) | ((scores == own) & earlier)).sum(dim=1)


def _counts(scores: Tensor, label: Tensor) -> NDArray[np.int64]:
    """[classes, 3]: images of each class ranked first, second to fifth, worse."""
    rank = ranks(scores, label)
    kind = (rank > 0).long() + (rank > 4).long()
    classes = scores.shape[1]
    counts = torch.bincount(label * 3 + kind, minlength=classes * 3)
    return np.asarray(counts.numpy().reshape(classes, 3), dtype=np.int64)


def _share(right: int, images: int) -> Estimate:
    """Right images of all: (p + z²/2n ± √(p (1 - p) z²/n + z⁴/4n²)) / (1 + z²/n), Wilson's interval."""
    share, doubt = right / images, _Z**2 / images
    half = math.sqrt(share * (1 - share) * doubt + doubt**2 / 4)
    low, high = ((share + doubt / 2 + sign * half) / (1 + doubt) for sign in (-1, 1))
    return Estimate(share, max(0.0, min(share, low)), min(1.0, max(share, high)))


def _balanced(kinds: NDArray[np.int64]) -> NDArray[np.float64]:
    """Balanced accuracy of one or several tables of right and wrong images [… classes 2]."""
    images = kinds.sum(axis=-1)
    recall = kinds[..., 0] / np.maximum(images, 1)
    return np.asarray(recall.sum(axis=-1) / (images > 0).sum(axis=-1))
