"""What a person reads while training."""

import io

import pytest
from rich.console import Console

from lookalike.training import progress
from lookalike.training.progress import Bar, duration
from training.moments import moment


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "5 s"), (89, "89 s"), (420, "7 min"), (5340, "89 min"), (11100, "3 h 05 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def lines(updates: int, done: int) -> list[str]:
    """What a file gets to read of a training of so many updates."""
    file = io.StringIO()
    bar = Bar(Console(file=file, width=200), start=0, updates=updates, waited=lambda: 0.0)
    for update in range(done):
        bar.after_update(moment(update, updates), {"loss": 2.5, "knn": 0.5})
    bar.close()
    return file.getvalue().splitlines()


def test_first_and_last_update_have_a_line_and_those_between_one_a_minute() -> None:
    first, last = lines(20, 20)
    assert first.startswith("update 1 of 20 · loss 2.500 · ")
    assert last.startswith("update 20 of 20")
    assert "kNN 50.0%" in last
    assert "images/s" in last


def test_a_run_of_hours_says_so_early(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10**6, 60))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    told = [line for line in lines(10_000, 6) if "the whole will take" in line]
    assert len(told) == 1
    assert "duration=" in told[0]
