"""SIGINT and SIGTERM in ten phases of a run: saved, ended in time, and gone on with as if never."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reliability.conftest import Whole
from reliability.trial import (
    PHASES,
    UPDATES,
    Nursery,
    Trial,
    beside,
    changes,
    final_state,
    wait_for,
)

SECONDS = 10
BEFORE = {"reading the index", "drawing what it will see"}
"""Phases in which there is nothing to save yet."""

CODES = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


def settings_of(phase: str, photos: Path) -> dict[str, object]:
    if phase == "between pieces":
        return {"piece": 16, "method": {"name": "simclr", "projector": "linear"}}
    return changes("photos", photos) if phase == "decoding photos" else {}


@pytest.mark.parametrize(("number", "code"), CODES)
@pytest.mark.parametrize("phase", PHASES)
def test_a_signal(
    phase: str,
    number: signal.Signals,
    code: int,
    photos: Path,
    nursery: Nursery,
    whole: Callable[[str], Whole],
    tmp_path: Path,
) -> None:
    out, settings = tmp_path / "run", settings_of(phase, photos)
    trial = nursery.start(out, phase=phase, **settings)
    wait_for(beside(out, "phase"))
    ends(trial, number, code)
    assert "Traceback" not in trial.words
    assert trial.words.rstrip().endswith("Type the same command to go on.")
    if phase in BEFORE:
        assert not (out / "metrics.jsonl").exists()
    else:
        assert saved(out) == recorded(out), "no update is lost"
    nursery.start(out, **settings).finish()
    assert not [*out.rglob("*.tmp")]
    if phase == "between pieces":
        assert recorded(out) == UPDATES  # nobody has run this one without an interruption
    else:
        assert final_state(out) == whole("photos" if "photos" in phase else "simclr").state


@pytest.fixture(scope="module")
def undisturbed(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The final state of two processes that train as one."""
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    for trial in nursery.start_together(out):
        trial.finish()
    return final_state(out)


@pytest.mark.parametrize(("number", "code"), CODES)
def test_one_of_two_processes_gets_it(
    number: signal.Signals, code: int, nursery: Nursery, undisturbed: str, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    trials = nursery.start_together(out, phase="between forward and backward")
    wait_for(beside(out, "phase"))
    trials[1].send(number)
    codes = [trial.wait() for trial in trials]
    assert codes == [143, code], "the first one cannot know which signal another got"
    assert saved(out) == recorded(out) == 11
    for trial in nursery.start_together(out):
        trial.finish()
    assert final_state(out) == undisturbed


def ends(trial: Trial, number: signal.Signals, code: int) -> None:
    begun = time.monotonic()
    trial.send(number)
    assert trial.wait(SECONDS) == code, trial.words
    assert time.monotonic() - begun < SECONDS


def saved(out: Path) -> int:
    """Updates in the newest checkpoint."""
    found = [path.name for path in (out / "checkpoints").glob("*")]
    return max(map(int, found), default=0)


def recorded(out: Path) -> int:
    """Updates in the records."""
    rows = (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return len([json.loads(row) for row in rows])
