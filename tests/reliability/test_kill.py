"""Killed at any moment, started again with the same command: the same bytes in the end."""

import json
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike.errors import StorageError
from reliability.conftest import Whole
from reliability.trial import METHODS, UPDATES, Nursery, changes, final_state, wait_for


@pytest.mark.parametrize("trials", [10, pytest.param(100, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("name", METHODS)
def test_kill_at_random_moments(
    name: str, trials: int, nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path
) -> None:
    kill_and_go_on(name, trials, nursery, whole, tmp_path, {"of": name})


@pytest.mark.parametrize("trials", [2, pytest.param(20, marks=pytest.mark.nightly)])
def test_kill_while_workers_decode(
    trials: int, photos: Path, nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path
) -> None:
    settings = changes("photos", photos)
    kill_and_go_on("photos", trials, nursery, whole, tmp_path, settings)


def kill_and_go_on(
    name: str,
    trials: int,
    nursery: Nursery,
    whole: Callable[[str], Whole],
    folder: Path,
    settings: dict[str, object],
) -> None:
    """Each run is killed one to three times, from its start to some way into its evaluations."""
    state, seconds, _ = whole(name)
    chance = random.Random(f"{name} {trials}")  # noqa: S311 - moments, not secrets
    kills = 0
    for number in range(trials):
        out = folder / str(number)
        for _ in range(chance.randint(1, 3)):
            begun = time.monotonic()
            trial = nursery.start(out, **settings)
            code = trial.wait(chance.uniform(0, 1.2 * seconds))
            if code is None:
                trial.send(signal.SIGKILL)
                code = trial.wait(10)
            assert code in (0, -signal.SIGKILL), trial.words
            kills += code == -signal.SIGKILL
            if code == 0:  # the machine has become faster since the whole run was measured
                seconds = min(seconds, (time.monotonic() - begun) / 1.2)
                break
        nursery.start(out, **settings).finish()
        assert final_state(out) == state
    print(f"{name}: {trials} runs, {kills} kills that hit")
    assert kills >= trials


def test_records_hold_each_update_once(nursery: Nursery, tmp_path: Path) -> None:
    out = tmp_path / "run"
    trial = nursery.start(out)
    wait_for(out / "metrics.jsonl")
    trial.send(signal.SIGKILL)
    trial.wait(10)
    with (out / "metrics.jsonl").open("a") as file:
        file.write('{"update": 4')  # torn by the kill
    nursery.start(out).finish()
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [row["update"] for row in rows] == list(range(UPDATES))


def test_a_second_process_is_refused(nursery: Nursery, tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = nursery.start(out, duration="1000 epochs")
    wait_for(out / "metrics.jsonl")
    second = nursery.start(out, duration="1000 epochs")
    assert second.wait() == StorageError.exit_code
    assert first.wait(0) is None
    first.send(signal.SIGKILL)
    first.wait(10)
