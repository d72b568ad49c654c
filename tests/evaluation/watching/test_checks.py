"""A loss that runs away, pictures that come too slowly, memory that runs out."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from lookalike.evaluation.watching.divergence import Divergence
from lookalike.evaluation.watching.room import Memory, Room, room
from lookalike.evaluation.watching.supply import Processors, Supply, processors
from lookalike.training.monitors import Moment

GIGA = 2**30


def moment(update: int, updates: int = 1000) -> Moment:
    """One of which only numbers are looked at."""
    nothing: Any = None
    return Moment(update, updates, nothing, 0.5, nothing, 2, nothing)


def runs_away(losses: list[float], before: int = 0) -> int | None:
    """The update at which a loss is said to run away."""
    check = Divergence(losses[:before])
    for update, loss in enumerate(losses[before:], before):
        found = check.see(moment(update), {"loss": loss})
        if found:
            assert "at a rate of 0.5" in found.text
            return update
    return None


def noisy(levels: list[float], seed: int = 0) -> list[float]:
    chance = random.Random(seed)  # noqa: S311 - losses, not secrets
    return [level + chance.gauss(0, 0.1) for level in levels]


FALL = [5 - 3 * update / 100 for update in range(100)]


@pytest.mark.parametrize("seed", range(5))
def test_a_loss_that_runs_away_is_told_within_ten_updates(seed: int) -> None:
    grows = noisy([5 * 1.5**update for update in range(30)], seed)
    assert 9 < (runs_away(grows) or 0) < 20
    lost = noisy([*FALL, *[5.0] * 10], seed)
    assert 104 <= (runs_away(lost) or 0) < 110
    assert runs_away(lost, before=100) == runs_away(lost), "a run that goes on remembers its best"


@pytest.mark.parametrize("seed", range(5))
def test_spikes_noise_and_slow_rises_are_none(seed: int) -> None:
    spikes = [level + 40 * (update % 10 < 4) for update, level in enumerate(FALL)]
    rise = [*FALL, *(2 + 2 * update / 100 for update in range(100))]  # as BYOL's or a queue's
    negative = [-0.9 * min(1, update / 50) for update in range(100)]
    for losses in (spikes, rise, negative, [0.0] * 100, [5.0] * 100):
        assert runs_away(noisy(losses, seed)) is None


def waits(share: float, *, cores: int, workers: int, idle: float | None = None) -> list[str]:
    """What is said in three minutes of updates of a second each, of which a share is waited."""
    clock, spoken = 0.0, []
    supply = Supply(
        lambda: share * clock + 30 * (clock > 0),  # the start is slow, and does not count
        clock=lambda: clock,
        machine=lambda: Processors(cores, workers, None if idle is None else idle * clock * cores),
    )
    for update in range(180):
        clock += 1.0
        found = supply.see(moment(update), {})
        spoken += [found.text] if found else []
    return spoken


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        ({"cores": 8, "workers": 2}, "2 processes decode and this machine has 8 cores"),
        ({"cores": 8, "workers": 8, "idle": 0.6}, "idle 60%"),
        ({"cores": 8, "workers": 8, "idle": 0.1}, "decoding and views are what limits"),
        ({"cores": 8, "workers": 8}, "decoding and views are what limits"),
    ],
)
def test_waiting_says_which_side_limits(machine: dict[str, Any], words: str) -> None:
    first, second = waits(0.4, **machine)
    assert "40% of the last 60 s" in first
    assert words in first
    assert second == first
    assert waits(0.2, **machine) == []


def looks(sizes: list[tuple[float, float]], updates: int = 10_000) -> list[str]:
    """What is said of (left, used) gigabytes of 16, once a minute and ten updates."""
    clock = 0.0
    rooms: Iterator[Room] = (
        Room(16 * GIGA, int(left * GIGA), int(used * GIGA)) for left, used in sizes
    )
    memory, spoken = Memory(look=lambda: next(rooms), clock=lambda: clock), []
    for update in range(10 * len(sizes)):
        clock += 6.5
        found = memory.see(moment(update, updates), {})
        spoken += [found.text] if found else []
    return spoken


def test_memory_that_is_nearly_full_is_told_with_its_numbers() -> None:
    (first, *_) = looks([(4.0, 8.0), (0.5, 12.5)])
    assert first.startswith("only 0.5 GB of 16.0 GB of memory are left; this run holds 12.5 GB")
    assert looks([(4.0, 8.0)] * 12) == []


def test_memory_that_grows_is_told_if_it_will_not_last() -> None:
    growing = [(8 - 0.1 * look, 2 + 0.1 * look) for look in range(14)]
    (first, *_) = looks(growing)
    assert first.startswith("memory grows: 2.0 GB to 3.0 GB within 100 updates")
    assert looks(growing, updates=200) == [], "it lasts to the end"
    still = [(left, used - 0.2 * (look == 7)) for look, (left, used) in enumerate(growing)]
    assert looks(still) == [], "it also falls"


def test_this_machine_can_be_looked_at() -> None:
    now, here = processors(), room()
    assert now.cores >= 1
    assert now.idle is None or now.idle > 0
    assert here is None or (0 < here.left <= here.all and 0 < here.used < here.all)
