"""Curves: what is drawn must be where the numbers are."""

import re

import numpy as np
import pytest

from lookalike.gallery.curves import (
    BOTTOM,
    LEFT,
    POINTS,
    RIGHT,
    TOP,
    draw_curves,
    thin,
    tidy,
)


def test_few_rows_are_drawn_as_they_are() -> None:
    (curve,) = draw_curves([{"update": u, "loss": float(u * u)} for u in range(5)])
    assert [p.value for p in curve.points] == [0, 1, 4, 9, 16]
    assert curve.band == ""
    assert curve.dotted
    xs, ys = zip(*curve.places, strict=True)
    assert xs == pytest.approx([LEFT + i / 4 * (RIGHT - LEFT) for i in range(5)], abs=0.06)
    assert ys == pytest.approx(
        [BOTTOM + v / 16 * (TOP - BOTTOM) for v in (0, 1, 4, 9, 16)], abs=0.06
    )
    assert curve.line == " ".join(f"{x:g},{y:g}" for x, y in curve.places)


def test_many_rows_become_means_with_their_extremes() -> None:
    generator = np.random.default_rng(0)
    updates, values = np.arange(100_000.0), generator.normal(size=100_000)
    points = thin(updates, values)
    assert len(points) == POINTS <= 600
    size = 100_000 // POINTS
    for i in (0, 17, POINTS - 1):
        group = values[i * size : (i + 1) * size]
        assert points[i].update == pytest.approx(updates[i * size : (i + 1) * size].mean())
        assert points[i][1:] == pytest.approx((group.mean(), group.min(), group.max()))


def test_everything_lies_inside_the_frame() -> None:
    generator = np.random.default_rng(0)
    rows = [{"update": u, "loss": float(x)} for u, x in enumerate(generator.normal(size=5000))]
    (curve,) = draw_curves(rows)
    corners = [
        tuple(map(float, corner.split(","))) for corner in f"{curve.line} {curve.band}".split()
    ]
    assert len(corners) == 3 * POINTS
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in corners)
    assert min(y for _, y in corners) == pytest.approx(TOP)  # the band reaches the extremes
    assert max(y for _, y in corners) == pytest.approx(BOTTOM)


def test_sparse_numbers_share_the_updates_of_the_others() -> None:
    rows = [
        {"update": u, "loss": 1.0 * u} | ({"knn": 0.5 + u / 100} if u == 5 else {})
        for u in range(11)
    ]
    loss, knn = draw_curves(rows)
    assert (loss.title, knn.title) == ("Loss", "Online kNN")
    assert knn.places[0][0] == pytest.approx((LEFT + RIGHT) / 2)
    assert [tick.place for tick in knn.across] == [tick.place for tick in loss.across]
    assert (knn.last, knn.unit) == ("55", " %")


def test_order_and_names() -> None:
    rows = [{"update": 0, "epoch": 0.1, "my_number": 1.0, "rate": 0.1, "loss": 2.0}]
    assert [c.title for c in draw_curves(rows)] == ["Loss", "Learning rate", "My number"]
    assert draw_curves([]) == []


@pytest.mark.parametrize("value", [0.0, 3.0, -0.5])
def test_a_constant_lies_in_the_middle(value: float) -> None:
    (curve,) = draw_curves([{"update": u, "loss": value} for u in range(3)])
    assert {y for _, y in curve.places} == {(TOP + BOTTOM) / 2}


@pytest.mark.parametrize(("low", "high"), [(0.0, 299.0), (0.0, 1.0), (-3.71, 0.02), (1e-7, 3e-6)])
def test_ticks_are_round_and_where_they_say(low: float, high: float) -> None:
    (curve,) = draw_curves([{"update": 0, "loss": low}, {"update": 1, "loss": high}])
    assert 2 <= len(curve.up) <= 5
    for tick in curve.up:
        value = float(tick.label.replace("−", "-"))
        place = BOTTOM + (value - low) / (high - low) * (TOP - BOTTOM)
        assert tick.place == pytest.approx(place, abs=0.1)
        assert re.fullmatch(
            r"0|0?\.?0*[1-9]\d?", re.sub(r"^−|e.*|\.00|\.?0+(?=e)", "", tick.label)
        ) or (value.is_integer())


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"), (2.53719, "2.537"), (-0.8967, "−0.8967"), (100, "100"), (1928.3, "1\u202f928"),
        (3.92e-6, "3.92e-6"), (1.5e7, "1.50e7"), (2e10, "2.00e10"), (5e-12, "5.00e-12"),
    ],
)  # fmt: skip
def test_numbers_for_people(value: float, words: str) -> None:
    assert tidy(value) == words
