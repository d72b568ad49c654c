"""Factors that the pixels show, and others that they do not."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score

from lookalike.data.ledger import Ledger
from lookalike.data.opening import open_source
from lookalike.data.sources import Images
from lookalike.errors import DataError
from lookalike.evaluation.kept import factors as module
from lookalike.evaluation.kept.factors import factors
from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.subject import Pixels, Subject
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Fit, Policy

CPU = Runtime(torch.device("cpu"), torch.float32)
PIXELS = Subject("pixels", Pixels(), Policy(size=2, crop=Fit(), flip=0.0))


def _source(count: int, seed: int) -> Images:
    """2 x 2 pictures: a kind, a number, and an angle's cosine and sine. Luck is not shown."""
    generator = torch.Generator().manual_seed(seed)
    kind = torch.randint(3, (count,), generator=generator)
    size, angle, luck = torch.rand(3, count, generator=generator)
    angle = angle * math.tau
    shown = torch.stack([kind / 2, size, angle.cos() / 2 + 0.5, angle.sin() / 2 + 0.5], dim=1)
    pair = torch.stack([size, luck], dim=1)
    return Images(
        name="pictures",
        names=[str(row) for row in range(count)],
        label=kind,
        classes=("a", "b", "c"),
        channels=1,
        ledger=Ledger(found=count),
        fingerprint="",
        images=(255 * shown).round().to(torch.uint8).view(count, 1, 2, 2),
        factors={"kind": kind, "size": size, "rotation": angle, "luck": luck, "pair": pair},
    )


def _found(train: Images, test: Images) -> dict[str, Estimate]:
    result = factors(PIXELS, train, test, CPU, classes=3).result
    assert isinstance(result, dict)
    return result


def test_what_the_pixels_show_is_read() -> None:
    found = _found(_source(400, 0), _source(200, 1))
    assert list(found) == ["kind accuracy", "size R²", "rotation R²", "luck R²", "pair R²"]
    assert found["kind accuracy"].value == 1
    assert found["size R²"].value > 0.999
    assert found["rotation R²"].value > 0.999
    assert found["luck R²"].value == pytest.approx(0, abs=0.05)
    assert found["pair R²"].value == pytest.approx(0.5, abs=0.1)
    for each in found.values():
        assert each.low <= each.value <= each.high


def test_an_angle_is_a_point_on_the_circle() -> None:
    train, test = _source(400, 0), _source(200, 1)
    for source in (train, test):
        source.factors = {"angle": source.factors["rotation"]}
    assert _found(train, test)["angle R²"].value < 0.9  # a line cannot jump from 2π to 0


def test_r2_is_that_of_scikit_learn() -> None:
    generator = torch.Generator().manual_seed(0)
    truth = torch.randn(300, 2, generator=generator).double() * torch.tensor([1.0, 3.0])
    guess = truth + torch.randn(300, 2, generator=generator) + 0.2
    found = module._r2(guess, truth, seed=0)
    expected = r2_score(truth, guess, multioutput="variance_weighted")
    assert found.value == pytest.approx(expected, abs=1e-12)
    drawn = []
    for _ in range(300):
        rows = torch.randint(300, (300,), generator=generator)
        drawn.append(r2_score(truth[rows], guess[rows], multioutput="variance_weighted"))
    low, high = np.quantile(drawn, (0.025, 0.975))
    assert found.low == pytest.approx(low, abs=0.01)
    assert found.high == pytest.approx(high, abs=0.01)


def test_the_shapes_have_factors_and_digits_have_none() -> None:
    digits = open_source("digits", "test")
    with pytest.raises(DataError, match="Nothing is known of how these pictures were made"):
        factors(PIXELS, digits, digits, CPU, classes=10)
    shapes = open_source("shapes", "test")
    assert isinstance(shapes, Images)
    found = _found(shapes, shapes)
    assert found["background R²"].value > 0.8
    assert found["shape accuracy"].value < 0.5
