"""Every method learns: the bars on real images, at the sizes of the packaged small recipes."""

from pathlib import Path

import pytest

from lookalike.evaluation.report import Report
from lookalike.methods import METHODS
from lookalike.start import pretrain

CIFAR10 = Path(__file__).parents[3] / "shared" / "data" / "cifar10"
GAINS = {"simclr": 15, "supcon": 15, "byol": 15, "mae": 8}
"""Points of linear accuracy above the untrained encoder."""

needs_cifar10 = pytest.mark.skipif(not CIFAR10.is_dir(), reason="the CIFAR-10 copy is not at hand")


def linear(reports: list[Report]) -> dict[str, float]:
    """Subject → top-1 in percent."""
    return {r.subject: 100 * r.metrics["top-1"].value for r in reports}


@pytest.mark.nightly
@pytest.mark.parametrize("method", METHODS)
def test_digits_are_told_apart_better_than_without_training(method: str, tmp_path: Path) -> None:
    run = pretrain(f"{method}-digits", out=tmp_path / "run", quiet=True)
    assert run is not None
    scores = linear(run.evaluate("linear"))
    assert scores["trained"] > scores["untrained"]


@pytest.mark.nightly
@needs_cifar10
@pytest.mark.parametrize("method", GAINS)
def test_the_four_papers_on_cifar10(method: str, tmp_path: Path) -> None:
    recipe = f"{method}-cifar10-small"
    run = pretrain(recipe, data=str(CIFAR10), out=tmp_path / "run", quiet=True)
    assert run is not None
    scores = linear(run.evaluate("linear"))
    assert scores["trained"] >= scores["untrained"] + GAINS[method]


@pytest.mark.nightly
@needs_cifar10
def test_supcon_is_no_worse_than_cross_entropy(tmp_path: Path) -> None:
    scores = {}
    for method in ("supcon", "supervised"):
        recipe, out = f"{method}-cifar10-small", tmp_path / method
        run = pretrain(recipe, data=str(CIFAR10), out=out, quiet=True)
        assert run is not None
        scores[method] = linear(run.evaluate("linear"))["trained"]
    assert scores["supcon"] >= scores["supervised"] - 1
