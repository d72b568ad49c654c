"""Whether the linear probe knows how sure it may be: confidence compared with accuracy."""

from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lookalike.evaluation.comparing.resampling import interval, resampled_means
from lookalike.evaluation.features import Features
from lookalike.evaluation.metrics import Estimate, Outcome, measure
from lookalike.evaluation.probes.linear import linear

_LEAST = 1e-12  # probability that a class has at least, so that NLL stays a number


def calibration(
    train: Features,
    test: Features,
    *,
    classes: int,
    seed: int = 0,
    held_out: float = 0.2,
    bins: int = 15,
) -> Outcome:
    """ECE and NLL of the linear probe (see `linear`), as it is: no temperature is fitted.

    The expected calibration error is the mean distance between accuracy and confidence (see `ece`);
    NLL is the mean negative log-likelihood of the true class in nats. The intervals are those of a
    bootstrap over test images. Noise makes an ECE greater, and a drawn test set's greater again:
    its interval is the pivotal one, which takes that off, so it may lie below the value.

    Args:
        train: labelled features.
        test: features to classify.
        classes: number of classes of the training labels; one without any training image has the
            probability 1e-12.
        seed: of the split that chooses the penalty, and of the bootstrap.
        held_out: share of each class's training images that choose the penalty.
        bins: of the confidence, of equal width between 0 and 1.

    Raises:
        DataError: as `linear`.
        UsageError: `held_out` is not between 0 and 1.
    """
    probe = linear(train, test, classes=classes, seed=seed, held_out=held_out)
    scores = cast(Tensor, probe.result)
    probability = scores.double().softmax(dim=1)
    own = probability.gather(1, test.label[:, None]).clamp_min(_LEAST)
    each = torch.cat([_gaps(probability, test.label, bins), -own.log()], dim=1)
    drawn = resampled_means(each, seed=seed)
    error, drawn_errors = ece(probability, test.label, bins), abs(drawn[:, :-1]).sum(axis=1)
    spread = interval(error, drawn_errors)
    likelihood = interval(each[:, -1].mean().item(), drawn[:, -1])
    metrics = {
        "ECE": Estimate(error, max(0.0, 2 * error - spread.high), max(0.0, 2 * error - spread.low)),
        "NLL": Estimate(likelihood.value, likelihood.low, likelihood.high, percent=False),
        "top-1": measure(scores, test.label, seed=seed)["top-1"],
    }
    return Outcome(metrics, probe.how | {"bins": diagram(probability, test.label, bins)})


def ece(probability: Float[Tensor, "n classes"], label: Int[Tensor, " n"], bins: int = 15) -> float:
    """Expected calibration error: Σ over bins of images / n · |accuracy - confidence|.

    The confidence of an image is its greatest probability; a bin reaches from above its lower edge
    up to its upper one (Guo et al., 2017, Eq. 3).

    Args:
        probability: of each class.
        label: the true class.
        bins: of equal width between 0 and 1.
    """
    return _gaps(probability, label, bins).mean(dim=0).abs().sum().item()


def diagram(
    probability: Float[Tensor, "n classes"], label: Int[Tensor, " n"], bins: int = 15
) -> list[dict[str, Any]]:
    """The bins that have images, for a reliability diagram: confidence, accuracy, count."""
    confidence, right, place = _judged(probability, label, bins)
    parts = [place == each for each in range(bins)]
    return [
        {
            "confidence": confidence[here].mean().item(),
            "accuracy": right[here].mean().item(),
            "count": int(here.sum()),
        }
        for here in parts
        if here.any()
    ]


def _gaps(probability: Tensor, label: Tensor, bins: int) -> Float[Tensor, "n bins"]:
    """Right (1) or not (0) less the confidence, in the column of each image's bin."""
    confidence, right, place = _judged(probability, label, bins)
    gaps = torch.zeros(len(label), bins, dtype=torch.float64)
    return gaps.scatter_(1, place[:, None], (right - confidence)[:, None])


def _judged(
    probability: Tensor, label: Tensor, bins: int
) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"], Int[Tensor, " n"]]:
    """Confidence of each image, whether it is right, and its bin."""
    confidence, guess = probability.double().max(dim=1)
    place = (confidence * bins).ceil().long() - 1
    return confidence, (guess == label).double(), place.clamp(0, bins - 1)
