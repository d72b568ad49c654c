"""What a run left in its folder, read back."""

import json
from pathlib import Path

import pytest

from gallery.runs import report, write_run
from lookalike.errors import UsageError
from lookalike.evaluation.metrics import Estimate
from lookalike.record import flatten, read_record


def test_a_whole_run(tmp_path: Path) -> None:
    record = read_record(write_run(tmp_path / "run"))
    assert record.name == "run"
    assert record.setting("method", "temperature") == 0.2
    assert record.setting("method", "temperature", "unit") is None
    assert (record.last("update"), record.last("knn"), record.last("missing")) == (199, 0.9, None)
    assert [(r.evaluation, r.subject) for r in record.evaluations][:3] == [
        ("knn", "pixels"), ("knn", "untrained"), ("knn", "trained")
    ]  # fmt: skip
    assert record.evaluations[-1].metrics == {"top-1": Estimate(0.985, 0.975, 0.995)}
    assert record.notes == []


def test_the_newest_number_counts(tmp_path: Path) -> None:
    rows = [
        {"update": 1, "loss": 2.0},
        {"update": 0, "loss": 3.0},
        {"update": 1, "loss": 1.5, "x": 4},
    ]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read_record(tmp_path).metrics == [
        {"update": 0, "loss": 3.0}, {"update": 1, "loss": 1.5, "x": 4}
    ]  # fmt: skip


def test_lines_that_are_no_rows_are_counted_and_a_line_being_written_is_not(tmp_path: Path) -> None:
    lines = ["{", "[1]", '{"loss": 1}', '{"update": 3, "loss": NaN, "who": "me", "yes": true}']
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines) + '\n{"update": 4')
    record = read_record(tmp_path)
    assert record.metrics == [{"update": 3}]
    assert record.notes == ["metrics.jsonl: 3 of its lines could not be read."]


def test_one_damaged_evaluation_does_not_hide_the_others(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    for name, content in {
        "a": "{", "b": "{}", "c": '[{"evaluation": "knn"}]', "d": "[3]",
        "e": json.dumps([report("knn", "trained", float("nan"))]),
    }.items():  # fmt: skip
        (run / "evaluations" / f"{name}.json").write_text(content)
    record = read_record(run)
    assert len(record.evaluations) == 6
    assert [note.split()[0] for note in record.notes] == [f"{c}.json" for c in "abcde"]


@pytest.mark.parametrize(
    ("speed", "words"), [(512.0, "1 min 40 s"), (2560.0, "20 s"), (8.0, "1 h 46 min")]
)
def test_training_time(tmp_path: Path, speed: float, words: str) -> None:
    (tmp_path / "recipe.yaml").write_text("batch: 256\n")
    row = {"images_per_second": speed}
    lines = [json.dumps({"update": u} | row) + "\n" for u in range(200)]
    (tmp_path / "metrics.jsonl").write_text("".join(lines))
    assert read_record(tmp_path).training_time() == words


def test_dotted_names() -> None:
    tree = {"a": {"b": 1, "c": [1, 2]}, "d": [{"e": 2}, {}], "f": {}}
    assert dict(flatten(tree)) == {"a.b": 1, "a.c": [1, 2], "d.0.e": 2, "d.1": {}, "f": {}}


def test_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not the folder of a run"):
        read_record(tmp_path / "missing")
