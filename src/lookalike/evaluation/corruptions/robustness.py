"""How an encoder's linear probe stands corrupted images (Hendrycks & Dietterich, 2019)."""

from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lookalike.data.sources import Source
from lookalike.errors import UsageError
from lookalike.evaluation.comparing import resampling
from lookalike.evaluation.corruptions import EXTRA, KINDS, relative
from lookalike.evaluation.corruptions.apply import SAVED
from lookalike.evaluation.corruptions.judging import Copies, Judged, Probe, judge
from lookalike.evaluation.corruptions.severity import side_of
from lookalike.evaluation.features import extract
from lookalike.evaluation.metrics import Estimate, Outcome
from lookalike.evaluation.subject import Subject
from lookalike.training.runtime import Runtime

_BINS = 15  # of confidence


def corruptions(
    subject: Subject,
    train: Source,
    test: Source,
    runtime: Runtime,
    *,
    classes: int,
    seed: int = 0,
    workers: int = 0,
    kinds: Literal["paper", "all"] = "paper",
    severities: tuple[int, ...] = (1, 2, 3, 4, 5),
    baseline: str = "",
) -> Outcome:
    """Errors on corrupted test images of the linear probe fitted to clean training images.

    The probe is that of `linear`. Each test image is brought to the encoder's size, corrupted in 8
    bits, saved as the benchmark saves it and then normalised. The first metric is the mean over the
    15 kinds and the severities. Intervals are over test images, all copies of an image together.

    Args:
        subject: whose encoder is probed; it stays as it is.
        train: labelled images; none of them is corrupted.
        test: labelled images of 1 or 3 channels.
        runtime: device and precision of the encoder; corruptions are made on the CPU.
        classes: number of classes of the training labels.
        seed: of the corruptions, of the probe's split and of the intervals.
        workers: processes that decode photos.
        kinds: "paper" is the 15 of ImageNet-C; "all" adds the 4 it sets aside, which no mean counts.
        severities: which of 1 … 5.
        baseline: what mCE divides by: "alexnet", of ImageNet's 1,000 classes at 224 px only; or the
            JSON file of an earlier evaluation of this kind; or "" for no mCE.

    Raises:
        UsageError: a severity is not of 1 … 5, or the baseline cannot be compared with.
        DataError: the probe cannot be fitted.
    """
    severities = tuple(sorted(set(severities)))
    if not severities or not set(severities) <= {1, 2, 3, 4, 5}:
        raise UsageError(f"Severities are of 1 to 5, not {list(severities)}.")
    side = side_of(subject.policy.size)
    reference = _reference(baseline, severities, classes, subject.policy.size)
    copies = Copies((*KINDS, *(EXTRA if kinds == "all" else ())), severities, seed)
    features = extract(subject.encoder, train, subject.policy, runtime=runtime, workers=workers)
    probe = Probe.fitted(features, seed=seed)
    judged = judge(subject, test, runtime, probe, copies, workers=workers)
    metrics = _metrics(_errors(judged, copies), reference, seed)
    how = {
        "errors": _table(judged, copies),
        "clean_error": metrics["clean error"].value,
        "calibration_error": _calibration(judged, copies),
        "severities": list(severities),
        "size": subject.policy.size,
        "constants": f"those of {side} px",
        "saved": SAVED[side],
        "frost": "textures synthesised, as the original photos are not included",
        "baseline": baseline,
        "probe": probe.how,
    }
    return Outcome(metrics, how, judged.image)


def _reference(
    baseline: str, severities: tuple[int, ...], classes: int, size: int
) -> relative.Errors | None:
    """What mCE is relative to. It is the mean over five severities, so it needs all of them."""
    if not baseline:
        return None
    if len(severities) < 5:
        raise UsageError("mCE needs all five severities.", do="Leave out severities or baseline.")
    if baseline != relative.ALEXNET_NAME:
        return relative.read(baseline)
    if (classes, size) != (1000, 224):
        raise UsageError(
            "AlexNet's errors are those on ImageNet's 1,000 classes at 224 px.",
            do="Give the corruptions.json of an earlier evaluation on this data as baseline.",
        )
    return relative.ALEXNET


def _errors(judged: Judged, copies: Copies) -> relative.Errors:
    """Of each image."""
    clean, kinds = copies.parted(judged.wrong)
    return relative.Errors(clean, dict(zip(copies.kinds, kinds.mean(dim=2).unbind(1), strict=True)))


def _metrics(
    errors: relative.Errors, reference: relative.Errors | None, seed: int
) -> dict[str, Estimate]:
    mean = torch.stack([errors.kinds[kind] for kind in KINDS]).mean(dim=0)
    whole = {"mean corruption error": mean, "clean error": errors.clean}
    kinds = {f"{kind.replace('_', ' ')} error": each for kind, each in errors.kinds.items()}
    return {
        **resampling.shares(whole, seed=seed),
        **(_relative(errors, reference, seed) if reference else {}),
        **resampling.shares(kinds, seed=seed),
    }


def _relative(
    errors: relative.Errors, reference: relative.Errors, seed: int
) -> dict[str, Estimate]:
    """Only those that are finite; the baseline's own uncertainty is left out of the intervals."""
    each = {
        "mCE": relative.mce(errors, reference),
        "relative mCE": relative.relative_mce(errors, reference),
    }
    return {
        name: resampling.interval(
            values.mean().item(), resampling.resampled_means(values[:, None], seed=seed)[:, 0]
        )
        for name, values in each.items()
        if values.isfinite().all()
    }


def _table(judged: Judged, copies: Copies) -> dict[str, list[float]]:
    """Kind → the error in each severity."""
    _, kinds = copies.parted(judged.wrong)
    return dict(zip(copies.kinds, kinds.mean(dim=0).tolist(), strict=True))


def _calibration(judged: Judged, copies: Copies) -> dict[str, float]:
    """Of clean images, and of each severity the mean over the 15 kinds (SupCon, table 6)."""
    columns = zip(judged.confidence.unbind(1), judged.wrong.unbind(1), strict=True)
    each = [calibration_error(confidence, ~wrong) for confidence, wrong in columns]
    clean, kinds = copies.parted(torch.tensor([each], dtype=torch.float64))
    means = kinds[0, : len(KINDS)].mean(dim=0).tolist()
    return {"clean": clean.item(), **dict(zip(map(str, copies.severities), means, strict=True))}


def calibration_error(confidence: Float[Tensor, " n"], right: Bool[Tensor, " n"]) -> float:
    """Expected calibration error: the distance between accuracy and mean confidence in each of 15
    even bins of confidence, averaged over images."""
    place = (confidence * _BINS).ceil().long().clamp(1, _BINS) - 1
    gap = torch.zeros(_BINS, dtype=torch.float64)
    gap.index_add_(0, place, right.double() - confidence.double())
    return float(gap.abs().sum() / len(right))
