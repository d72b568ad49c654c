"""Which checkpoint is kept, and what is said of it."""

import pytest

from lookalike.errors import NumericalError, UsageError
from lookalike.evaluation.unlabelled.choosing import choose_checkpoint

GOOD = {"LiDAR": 40.0, "RankMe": 90.0, "rank share": 0.4, "spread": 0.9}
DEAD = {"LiDAR": 99.0, "RankMe": 99.0, "rank share": 0.9, "spread": 0.001}
FLAT = {"LiDAR": 99.0, "RankMe": 3.0, "rank share": 0.01, "spread": 0.5}


def test_the_highest_lidar_is_kept_among_healthy_ones() -> None:
    better = GOOD | {"LiDAR": 50.0, "RankMe": 60.0}
    name, why = choose_checkpoint({"early": GOOD, "dead": DEAD, "late": better, "flat": FLAT})
    assert name == "late"
    assert why.startswith(
        "late has the highest LiDAR (late 50, early 40). Left out: dead (complete"
    )
    assert "flat (dimensional collapse" in why
    assert "MAE" in why


def test_rankme_decides_where_lidar_is_not_known_of_all() -> None:
    without = {name: value for name, value in GOOD.items() if name != "LiDAR"}
    name, why = choose_checkpoint({"a": GOOD | {"LiDAR": 99.0}, "b": without | {"RankMe": 95.0}})
    assert name == "b"
    assert why.startswith("b has the highest RankMe (b 95, a 90). RankMe went with")


def test_a_collapsed_one_without_lidar_does_not_decide_by_what() -> None:
    without = {name: value for name, value in DEAD.items() if name != "LiDAR"}
    assert "highest LiDAR" in choose_checkpoint({"dead": without, "good": GOOD})[1]


def test_the_first_of_equals_is_kept() -> None:
    assert choose_checkpoint({"b": GOOD, "a": GOOD})[0] == "b"


def test_nothing_is_kept_of_nothing_or_of_collapsed_ones() -> None:
    with pytest.raises(UsageError, match="no checkpoint"):
        choose_checkpoint({})
    with pytest.raises(NumericalError, match="complete collapse"):
        choose_checkpoint({"dead": DEAD, "flat": FLAT})
