"""Killed at any moment, started again with the same command: the same bytes in the end."""

import json
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookalike.errors import StorageError
from reliability.trial import Nursery, final_state


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="module")
def whole(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, float]:
    """Final state of an uninterrupted run, and the seconds it trained; evaluations follow."""
    out = tmp_path_factory.mktemp("whole") / "run"
    begun = time.monotonic()
    trial = nursery.start(out)
    wait_for(out / "encoder" / "config.json")
    seconds = time.monotonic() - begun
    assert trial.wait(120) == 0
    return final_state(out), seconds


def finish(nursery: Nursery, out: Path) -> None:
    assert nursery.start(out).wait(120) == 0


def wait_for(condition: Path) -> None:
    """Until a file is there and holds something."""
    deadline = time.monotonic() + 60
    while not (condition.exists() and condition.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("trials", [3, pytest.param(20, marks=pytest.mark.nightly)])
def test_kill_at_random_moments(
    trials: int, nursery: Nursery, whole: tuple[bytes, float], tmp_path: Path
) -> None:
    """Each run is killed up to three times, from its start to some way into its evaluations."""
    state, seconds = whole
    chance = random.Random(trials)  # noqa: S311 - moments, not secrets
    kills = 0
    for number in range(trials):
        out = tmp_path / str(number)
        for _ in range(3):
            trial = nursery.start(out)
            if trial.wait(chance.uniform(0, 1.2 * seconds)) is None:
                trial.send(signal.SIGKILL)
                kills += trial.wait(10) == -signal.SIGKILL
        finish(nursery, out)
        assert final_state(out) == state
    assert kills >= trials


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_save_and_exit(
    number: signal.Signals,
    code: int,
    nursery: Nursery,
    whole: tuple[bytes, float],
    tmp_path: Path,
) -> None:
    out = tmp_path / "run"
    trial = nursery.start(out)
    wait_for(out / "metrics.jsonl")
    trial.send(number)
    assert trial.wait(30) == code
    done = len((out / "metrics.jsonl").read_text().splitlines())
    newest = max((out / "checkpoints").iterdir(), key=lambda path: path.name)
    assert int(newest.name) == done, "no update is lost"
    finish(nursery, out)
    assert final_state(out) == whole[0]


def test_records_hold_each_update_once(nursery: Nursery, tmp_path: Path) -> None:
    out = tmp_path / "run"
    trial = nursery.start(out)
    wait_for(out / "metrics.jsonl")
    trial.send(signal.SIGKILL)
    trial.wait(10)
    with (out / "metrics.jsonl").open("a") as file:
        file.write('{"update": 4')  # torn by the kill
    finish(nursery, out)
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [row["update"] for row in rows] == list(range(48))


def test_a_second_process_is_refused(nursery: Nursery, tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = nursery.start(out, duration="1000 epochs")
    wait_for(out / "metrics.jsonl")
    second = nursery.start(out, duration="1000 epochs")
    assert second.wait(60) == StorageError.exit_code
    assert first.wait(0) is None
    first.send(signal.SIGKILL)
    first.wait(10)


def test_another_seed_gives_other_bytes(
    nursery: Nursery, whole: tuple[bytes, float], tmp_path: Path
) -> None:
    assert nursery.start(tmp_path / "run", seed=1).wait(120) == 0
    assert final_state(tmp_path / "run") != whole[0]
