"""Numbers that judge scores, each with the interval that chance alone would give it."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from lookalike.errors import NumericalError
from lookalike.randomness import number


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
    """Top-1, top-5 (only above 5 classes) and balanced accuracy, with bootstrap intervals.

    Balanced accuracy is the mean recall of the classes that occur. The interval is the central
    95 % of the metric over test sets drawn from this one with replacement (percentile bootstrap,
    images drawn independently of their class).

    Args:
        scores: higher is likelier; ties go to the first class, -inf means never.
        label: the true class of each image, in 0 … classes - 1.
        seed: of the resampling.
        resamples: how many test sets are drawn.

    Raises:
        NumericalError: a score is not a number.
    """
    counts = _counts(scores, label)
    # All that matters of an image is its class and how well it was ranked, so drawing n images with
    # replacement is one multinomial draw over those few kinds of image.
    total = int(counts.sum())
    generator = np.random.default_rng(number("bootstrap", seed) % 2**64)
    drawn = generator.multinomial(total, counts.ravel() / total, size=resamples)
    all_sets = np.concatenate([counts[None], drawn.reshape(resamples, *counts.shape)])
    return {
        name: Estimate(values[0].item(), *np.quantile(values[1:], (0.025, 0.975)).tolist())
        for name, values in _numbers(all_sets).items()
    }


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


def _numbers(counts: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """The metrics of several tables of counts [tables classes 3]."""
    images = counts.sum(axis=-1)
    recall = counts[..., 0] / np.maximum(images, 1)
    total = images.sum(axis=-1)
    top5 = {"top-5": counts[..., :2].sum(axis=(-2, -1)) / total}
    return {
        "top-1": counts[..., 0].sum(axis=-1) / total,
        **(top5 if counts.shape[-2] > 5 else {}),
        "balanced": recall.sum(axis=-1) / (images > 0).sum(axis=-1),
    }
