"""Durations and rates."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.recipe.units import Duration, Rate

WHOLE = st.integers(0, 10**9)
DURATIONS = st.one_of(
    st.builds(Duration, WHOLE, st.sampled_from(["epochs", "steps"])),
    st.builds(Duration, WHOLE.map(lambda n: n / 1000), st.just("epochs")),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100 epochs", Duration(100, "epochs")),
        ("1 epoch", Duration(1, "epochs")),
        ("0.5 epochs", Duration(0.5, "epochs")),
        ("20_000 steps", Duration(20_000, "steps")),
        (" 7steps ", Duration(7, "steps")),
    ],
)
def test_parse(text: str, expected: Duration) -> None:
    assert Duration.parse(text) == expected


@pytest.mark.parametrize(
    "value",
    ["20", 20, "epochs", "-1 epochs", "1.5 steps", "1e3 steps", "nan epochs", "9 hours", None],
)
def test_what_is_no_duration(value: object) -> None:
    with pytest.raises(ValueError, match="epochs"):
        Duration.parse(value)


@given(DURATIONS)
def test_text_round_trip(duration: Duration) -> None:
    assert Duration.parse(str(duration)) == duration


def test_singular() -> None:
    assert str(Duration(1, "epochs")) == "1 epoch"
    assert str(Duration(2.0, "steps")) == "2 steps"
    assert str(Duration(0.5, "epochs")) == "0.5 epochs"


@pytest.mark.parametrize(
    ("text", "per_epoch", "steps"),
    [
        ("100 epochs", 39, 3900),
        ("20000 steps", 39, 20000),
        ("0.5 epochs", 39, 20),  # half a batch counts as one
        ("0.1 epochs", 30, 3),
        ("0.1 epochs", 1, 1),
        ("0 epochs", 39, 0),
        ("3 epochs", 0, 0),
    ],
)
def test_steps(text: str, per_epoch: int, steps: int) -> None:
    assert Duration.parse(text).steps(per_epoch) == steps


@pytest.mark.parametrize(
    ("batch", "linear", "root"),  # SimCLR's two rules side by side, papers.md 1.9
    [
        (256, 0.3, 1.2),
        (512, 0.6, 1.697),
        (1024, 1.2, 2.4),
        (2048, 2.4, 3.394),
        (4096, 4.8, 4.8),
        (8192, 9.6, 6.788),
    ],
)
def test_the_papers_scaled_rates(batch: int, linear: float, root: float) -> None:
    assert Rate.parse({"per_256": 0.3}).peak(batch) == pytest.approx(linear)
    assert Rate.parse({"root": 0.075}).peak(batch) == pytest.approx(root, abs=5e-4)
    assert Rate.parse({"constant": 0.3}).peak(batch) == 0.3


@pytest.mark.parametrize(
    "value",
    [
        0.1,
        "0.1",
        {},
        {"constant": 0},
        {"constant": -1},
        {"constant": True},
        {"constant": "0.1"},
        {"constant": math.inf},
        {"constant": math.nan},
        {"per_512": 0.1},
        {"constant": 0.1, "root": 0.1},
        None,
    ],
)
def test_what_is_no_rate(value: object) -> None:
    with pytest.raises(ValueError, match="per_256"):
        Rate.parse(value)


def test_rate_round_trip() -> None:
    for form in ({"constant": 1.0}, {"per_256": 0.3}, {"root": 0.075}):
        assert Rate.parse(form).dump() == form
