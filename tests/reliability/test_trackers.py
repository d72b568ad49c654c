"""TensorBoard may raise, hang or fill its disk: the run goes on, and says so once."""

import errno
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lookalike.errors import StorageError
from lookalike.training import copying, events
from lookalike.training.monitors import Records
from training.moments import moment

UPDATES = 20


class Fails:
    """A writer of records that fails in its own way at the fifth."""

    def __init__(self, how: Callable[[], None]) -> None:
        self._how, self.written = how, 0

    def write(self, _: bytes) -> None:
        self.written += 1
        if self.written == 5:
            self._how()

    def flush(self) -> None:
        pass


def full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def broken() -> None:
    raise ZeroDivisionError("theirs")


def record(folder: Path, told: list[str]) -> float:
    """Records a run; returns the seconds that its updates took."""
    records = Records(folder, start=0, updates_per_epoch=10, tell=told.append)
    begun = time.monotonic()
    for update in range(UPDATES):
        records.after_update(moment(update, UPDATES), {"loss": float(update)})
    seconds = time.monotonic() - begun
    records.close()
    return seconds


def recorded(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(("how", "says"), [(full, "No space left"), (broken, "theirs")])
def test_what_fails_is_told_once(
    how: Callable[[], None], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "RecordWriter", lambda _: Fails(how))
    told: list[str] = []
    record(tmp_path, told)
    assert [row["loss"] for row in recorded(tmp_path)] == [*range(UPDATES)]
    assert len(told) == 1
    assert says in told[0]


def test_a_place_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "tensorboard").write_text("in the way")
    told: list[str] = []
    record(tmp_path, told)
    assert len(recorded(tmp_path)) == UPDATES
    assert len(told) == 1


def test_nobody_waits_for_a_disk_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "RecordWriter", lambda _: Fails(lambda: time.sleep(6)))
    monkeypatch.setattr(copying, "PATIENCE", 0.1)
    told: list[str] = []
    begun = time.monotonic()
    record(tmp_path, told)
    assert time.monotonic() - begun < 5
    assert len(recorded(tmp_path)) == UPDATES
    assert told == []


def test_tensorboard_reads_the_events_and_forgets_a_lost_future(tmp_path: Path) -> None:
    for start, stop in ((0, 6), (3, 8)):
        records = Records(tmp_path, start=start, updates_per_epoch=4, tell=pytest.fail)
        for update in range(start, stop):
            records.after_update(moment(update, 8), {"loss": float(10 * start + update)})
        records.close()
    read = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    rows = [(event.step, event.value) for event in read.Scalars("loss")]
    assert rows == [(0, 0), (1, 1), (2, 2), *[(update, 30 + update) for update in range(3, 8)]]


def test_the_records_themselves_are_a_part_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Linux the device /dev/full refuses every byte, as a full disk does."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    records = Records(tmp_path, start=0, updates_per_epoch=10, tell=pytest.fail)
    records._file.close()
    records._file = open("/dev/full", "a")  # noqa: PTH123, SIM115
    with pytest.raises(StorageError, match=r"metrics\.jsonl"):
        records.after_update(moment(0, 1), {"loss": 1.0})
    with pytest.raises(StorageError, match=r"metrics\.jsonl"):
        records.close()
