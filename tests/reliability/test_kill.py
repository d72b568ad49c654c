"""Killed at any moment, started again with the same command: the same bytes in the end."""

import json
import multiprocessing
import os
import random
import signal
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from lookalike.errors import StorageError
from reliability import trial

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["reliability.trial"])


def start(out: Path, **changes: object) -> ForkServerProcess:
    process = CONTEXT.Process(target=trial.train, args=(out,), kwargs=changes)
    process.start()
    return process


def finish(out: Path, **changes: object) -> float:
    """Runs to the end; returns the seconds it took."""
    begun = time.monotonic()
    process = start(out, **changes)
    process.join(timeout=120)
    assert process.exitcode == 0
    return time.monotonic() - begun


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, float]:
    """Final state and duration of an uninterrupted run."""
    out = tmp_path_factory.mktemp("whole") / "run"
    finish(tmp_path_factory.mktemp("warm") / "run")
    seconds = finish(out)
    return trial.final_state(out), seconds


def killed_run(out: Path, seconds: float, chance: random.Random) -> int:
    """Up to three kills at random moments of one run, then to the end; returns the kills."""
    kills = 0
    for _ in range(3):
        process = start(out)
        process.join(timeout=chance.uniform(0, seconds))
        if process.exitcode is not None:
            break
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        kills += 1
    finish(out)
    return kills


@pytest.mark.parametrize("trials", [4, pytest.param(20, marks=pytest.mark.nightly)])
def test_kill_at_random_moments(trials: int, whole: tuple[bytes, float], tmp_path: Path) -> None:
    state, seconds = whole
    chance = random.Random(trials)  # noqa: S311 - moments, not secrets
    kills = 0
    for number in range(trials):
        out = tmp_path / str(number)
        kills += killed_run(out, seconds, chance)
        assert trial.final_state(out) == state
    assert kills >= trials


def test_another_seed_gives_other_bytes(whole: tuple[bytes, float], tmp_path: Path) -> None:
    finish(tmp_path / "run", seed=1)
    assert trial.final_state(tmp_path / "run") != whole[0]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_save_and_exit(
    number: signal.Signals, code: int, whole: tuple[bytes, float], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = start(out)
    deadline = time.monotonic() + 60
    while not (out / "metrics.jsonl").exists() or not (out / "metrics.jsonl").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, number)
    process.join(timeout=30)
    assert process.exitcode == code
    done = len((out / "metrics.jsonl").read_text().splitlines())
    newest = max((out / "checkpoints").iterdir(), key=lambda p: p.name)
    assert int(newest.name) == done, "no update is lost"
    finish(out)
    assert trial.final_state(out) == whole[0]


def test_records_hold_each_update_once(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = start(out)
    while not (out / "checkpoints").exists() or len(list((out / "checkpoints").iterdir())) < 2:
        time.sleep(0.01)
    process.kill()
    process.join()
    with (out / "metrics.jsonl").open("a") as file:
        file.write('{"update": 4')  # torn by the kill
    finish(out)
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [row["update"] for row in rows] == list(range(48))


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = start(out, duration="1000 epochs")
    while not (out / "metrics.jsonl").exists():
        time.sleep(0.01)
    second = start(out)
    second.join(timeout=60)
    assert second.exitcode == StorageError.exit_code
    assert first.is_alive()
    first.kill()
    first.join()
