"""Errors relative to those of another encoder: mCE and relative mCE."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lookalike.errors import UsageError
from lookalike.evaluation.corruptions import KINDS
from lookalike.files import read_json

ALEXNET_NAME = "alexnet"


class Errors(NamedTuple):
    """Top-1 errors in 0 … 1: of a test set, or 0 and 1 of each image [n].

    Args:
        clean: without corruption.
        kinds: name of each kind → error, the mean over its severities.
    """

    clean: Tensor
    kinds: dict[str, Tensor]


def mce(errors: Errors, baseline: Errors) -> Tensor:
    """Mean over the 15 kinds of the error divided by the baseline's.

    1 where both err alike; the paper writes 100. The mean over images of their mCE is that of the
    test set. It is not finite where the baseline never errs on a kind.
    """
    return torch.stack([errors.kinds[kind] / baseline.kinds[kind] for kind in KINDS]).mean(dim=0)


def relative_mce(errors: Errors, baseline: Errors) -> Tensor:
    """The same of the error that corruption adds to the clean error.

    It is not finite where the baseline errs as often on clean images as on those of a kind.
    """
    added = [
        (errors.kinds[kind] - errors.clean) / (baseline.kinds[kind] - baseline.clean)
        for kind in KINDS
    ]
    return torch.stack(added).mean(dim=0)


def read(path: str) -> Errors:
    """The errors of an earlier evaluation: of the trained encoder if the file has several subjects.

    Args:
        path: of its JSON file.

    Raises:
        UsageError: there is no such file, or it lacks one of the 15 kinds or a severity.
    """
    try:
        reports = read_json(Path(path))
        trained = [report for report in reports if report["subject"] == "trained"]
        return _errors((trained or reports)[0]["how"])
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} holds no errors of all 15 kinds in all 5 severities to compare with.",
            why=f"{type(error).__name__}: {error}",
            do="Give the corruptions.json of an earlier evaluation, or alexnet.",
        ) from error


def _errors(how: dict[str, Any]) -> Errors:
    table = torch.tensor([how["errors"][kind] for kind in KINDS], dtype=torch.float64)
    if table.shape != (len(KINDS), 5):
        raise ValueError(f"its table is {tuple(table.shape)}")
    return Errors(
        torch.tensor(how["clean_error"]), dict(zip(KINDS, table.mean(dim=1), strict=True))
    )


def _shares(values: dict[str, float]) -> dict[str, Tensor]:
    return {kind: torch.tensor(value, dtype=torch.float64) for kind, value in values.items()}


ALEXNET = Errors(
    torch.tensor(0.43478, dtype=torch.float64),
    _shares(
        {
            "gaussian_noise": 0.886428,
            "shot_noise": 0.894468,
            "impulse_noise": 0.922640,
            "defocus_blur": 0.819880,
            "glass_blur": 0.826268,
            "motion_blur": 0.785948,
            "zoom_blur": 0.798360,
            "snow": 0.866816,
            "frost": 0.826572,
            "fog": 0.819324,
            "brightness": 0.564592,
            "contrast": 0.853204,
            "elastic_transform": 0.646056,
            "pixelate": 0.717840,
            "jpeg_compression": 0.606500,
        }
    ),
)
"""On ImageNet-C, as the benchmark's own script has them; clean: torchvision's weights."""
