"""When runs are saved and what is written down."""

import json
from pathlib import Path

import pytest
import torch

from lookalike.training.monitors import Basics, Records, Saver
from training.moments import moment


def test_saves_at_the_end_of_an_epoch_and_when_it_is_time() -> None:
    saved: list[int] = []
    saver = Saver(saved.append, seconds=1e9, updates_per_epoch=4)
    for update in range(10):
        saver.after_update(moment(update, 10), {})
    assert saved == [4, 8]
    saver = Saver(saved.append, seconds=0.0, updates_per_epoch=4)
    saver.after_update(moment(0, 10), {})
    assert saved[-1] == saver.saved == 1


def test_records_of_a_lost_future_go(tmp_path: Path) -> None:
    for start, stop in ((0, 5), (3, 6)):
        records = Records(tmp_path, start=start, updates_per_epoch=2, tell=pytest.fail)
        for update in range(start, stop):
            records.after_update(moment(update, 6), {"loss": float(start)})
        records.close()
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [row["update"] for row in rows] == [0, 1, 2, 3, 4, 5]
    assert [row["loss"] for row in rows] == [0, 0, 0, 3, 3, 3]
    assert rows[3]["epoch"] == 2.0
    assert list((tmp_path / "tensorboard").iterdir())


def test_basics_tell_loss_rate_and_the_methods_numbers() -> None:
    numbers = Basics().after_update(moment(0, 1, accuracy=torch.tensor(0.25)), {})
    assert numbers["loss"] == pytest.approx(2.5)
    assert numbers["rate"] == pytest.approx(0.1)
    assert numbers["accuracy"] == 0.25
    assert numbers["images_per_second"] > 0
