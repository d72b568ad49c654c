"""Whether a claim holds, against simulated runs of which the truth is known."""

import math
import random

import pytest

from lookalike.studies.claims import Claim, Value, above, best, judge, mean_above, rising

A, B, C = ("a", "top-1"), ("b", "top-1"), ("c", "top-1")


def runs(mean: float, spread: float, seeds: int, chance: random.Random) -> list[Value]:
    return [Value(chance.gauss(mean, spread)) for _ in range(seeds)]


def test_contrasts_add_up_to_nothing_and_measure_what_they_say() -> None:
    places = [(str(i), "x") for i in range(4)]
    for contrast in (above(A, B), mean_above([A, B], [C]), rising(places)):
        assert sum(contrast.values()) == pytest.approx(0)
    line = {place: [Value(10 + 3.0 * i)] for i, place in enumerate(places)}
    verdict = judge(Claim("rises", (rising(places),)), line)
    assert verdict.smallest == pytest.approx(9)  # from the first to the last
    assert len(best(A, [A, B, C])) == 2


def test_a_place_on_both_sides_counts_with_its_sum() -> None:
    contrast = mean_above([A, B], [B, C])
    assert contrast == pytest.approx({A: 0.5, B: 0.0, C: -0.5})


@pytest.mark.parametrize("truth", [0.0, 0.5])
def test_claims_that_are_not_true_hold_in_few_cases(truth: float) -> None:
    """b is a little better than a, or as good: at most 5 % of the claims that a is may hold."""
    chance = random.Random(7)  # noqa: S311 - a simulation
    held = 0
    for _ in range(2000):
        values = {A: runs(60, 1, 3, chance), B: runs(60 + truth, 1, 3, chance)}
        held += judge(Claim("a > b", (above(A, B),)), values).answer == "holds"
    assert held / 2000 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


def test_several_contrasts_hold_together_no_more_often_than_one() -> None:
    chance = random.Random(8)  # noqa: S311
    claim, held = Claim("a is best", best(A, [B, C])), 0
    for _ in range(2000):
        values = {place: runs(60, 1, 3, chance) for place in (A, B, C)}
        held += judge(claim, values).answer == "holds"
    assert held / 2000 < 0.05


def test_clear_differences_hold_and_fail() -> None:
    chance = random.Random(9)  # noqa: S311
    values = {A: runs(70, 0.5, 3, chance), B: runs(60, 0.5, 3, chance)}
    assert judge(Claim("", (above(A, B),)), values).answer == "holds"
    assert judge(Claim("", (above(B, A),)), values).answer == "fails"


def test_test_images_leave_a_doubt_that_seeds_do_not_take() -> None:
    """1 point between sets of values that agree, on so few test images that 2 points are chance."""
    values = {A: [Value(61, 2.0)] * 50, B: [Value(60, 2.0)] * 50}
    verdict = judge(Claim("", (above(A, B),)), values)
    assert verdict.answer == "open"
    assert verdict.confidence == pytest.approx(0.638, abs=0.01)  # 1 / √8 standard errors


def test_hardly_worse_is_a_claim_too() -> None:
    """Half a point below, and a point is allowed."""
    values = {
        A: [Value(60.5 + x) for x in (-0.1, 0, 0.1)],
        B: [Value(61 + x) for x in (-0.1, 0, 0.1)],
    }
    assert judge(Claim("", (above(A, B),)), values).answer == "fails"
    verdict = judge(Claim("", (above(A, B),), least=-1.0), values)
    assert verdict.answer == "holds"
    assert verdict.smallest == pytest.approx(-0.5)
    assert judge(Claim("", (above(A, B),), least=-0.2), values).answer == "fails"


def test_missing_values_leave_a_claim_open() -> None:
    verdict = judge(Claim("", (above(A, B),)), {A: [Value(1)], B: []})
    assert verdict == ("open", None, None)
