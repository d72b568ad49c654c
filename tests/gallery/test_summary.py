"""The verdict in words."""

import json
from pathlib import Path

from gallery.runs import report, write_run
from lookalike.gallery.report import report as write_report
from lookalike.gallery.summary import facts, verdict
from lookalike.record import read_record


def test_a_good_run(tmp_path: Path) -> None:
    good, text = verdict(read_record(write_run(tmp_path / "run")))
    assert good is True
    assert text == (
        "Healthy: the features use about 21 directions of 70 (spread 0.50), and no alarm in 20 epochs. "
        "Linear top-1 98.5 %: 14.9 points above the untrained encoder, 2.7 points above raw pixels."
    )


def test_key_numbers(tmp_path: Path) -> None:
    found = {fact.name: fact for fact in facts(read_record(write_run(tmp_path / "run")))}
    assert found["Linear top-1"].value == "98.5 %"
    assert found["Linear top-1"].note.startswith("97.5–99.5")
    assert found["Online kNN"].value == "90.0 %"
    assert found["Epochs"] == ("Epochs", "20", "200 updates")
    assert found["Training time"] == ("Training time", "1 min 40 s", "512 images per second")


def test_no_gain_is_said(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", evaluations=False)
    knn = [report("knn", "untrained", 0.500), report("knn", "trained", 0.495)]
    (run / "evaluations" / "knn.json").write_text(json.dumps(knn))
    good, text = verdict(read_record(run))
    assert good is False
    assert text.endswith(
        "kNN top-1 49.5 %: 0.5 points below the untrained encoder (intervals overlap)."
    )


def test_collapse_is_said(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", evaluations=False)
    row = {"update": 200, "spread": 0.001, "effective_rank": 1.0, "rank_share": 0.01}
    with (run / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
    good, text = verdict(read_record(run))
    assert good is False
    assert text.startswith("Complete collapse")


def test_what_was_told_is_said_with_its_moment(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    row = {"update": 29, "epoch": 3.0, "kind": "rate", "text": "the rate is too high"}
    (run / "alarms.jsonl").write_text(json.dumps(row) + "\n")
    good, text = verdict(read_record(run))
    assert good is False
    assert text.startswith("Warned while training: rate (epoch 3). Healthy: the features use")
    assert "no alarm" not in text
    page = write_report(run).read_text()
    assert "rate, epoch 3 (update 30)" in page
    assert "the rate is too high." in page


def test_waiting_for_data_does_not_speak_against_the_features(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    row = {"update": 29, "epoch": 3.0, "kind": "waiting for data", "text": "the training waited"}
    (run / "alarms.jsonl").write_text(json.dumps(row) + "\n")
    assert verdict(read_record(run)).good is True


def test_damaged_alarms_are_noted(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    (run / "alarms.jsonl").write_text('{"update": 29')
    record = read_record(run)
    assert record.alarms == []
    assert record.notes == ["alarms.jsonl does not hold what it should."]


def test_nothing_known(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("name: x\n")
    record = read_record(tmp_path)
    assert verdict(record) == (None, "Nothing has been measured yet.")
    assert facts(record) == []
