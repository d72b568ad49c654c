"""What runs are asked, in what words, and which number is read back."""

import json
from pathlib import Path
from typing import Any

import pytest

from lookalike.cli.app import app
from lookalike.studies.asking import Question, sittings, value
from lookalike.studies.perform import find
from lookalike.studies.results import Results
from lookalike.studies.runs import Task, work
from lookalike.studies.study import TRANSFER, Measure
from lookalike.studies.table import as_markdown

FEW = "few-labels.labels=10% few-labels.draws=3"


def test_titles_are_those_of_reports() -> None:
    assert Question("linear").title == "linear"
    assert Question(FEW).title == "few-labels labels=10% draws=3"
    assert Question("linear", data="sets/photos/").title == "linear on photos"
    assert Question(TRANSFER, data="food-101").title == "transfer to Food-101"
    assert Question(TRANSFER, data="sets/photos").title == "transfer to photos"


def test_the_same_evaluation_with_other_settings_is_another_sitting() -> None:
    asked = [
        Question("linear"),
        Question("linear", "projection"),
        Question("few-labels.labels=1%"),
        Question(FEW),
        Question("knn"),
        Question("linear", data="digits"),
        Question(TRANSFER, data="digits"),
    ]
    found = [(list(each.words), each.data) for each in sittings(asked)]
    assert found == [
        (["linear", "few-labels.labels=1%", "knn"], None),
        (["few-labels.labels=10%", "few-labels.draws=3"], None),
        (["linear"], "digits"),
        (["transfer"], "digits"),
    ]


@pytest.mark.parametrize("data", ["food-101", "digits"])
def test_the_words_of_a_sitting_are_those_of_the_command_line(data: str) -> None:
    for words in ("linear", FEW, TRANSFER):
        (sitting,) = sittings([Question(words, data=data if words == TRANSFER else "digits")])
        line = sitting.command("runs/x", projection=words == "linear")
        command, bound, _ = app.parse_args(line, print_error=False, exit_on_error=False)
        assert command.__module__ == f"lookalike.cli.{line[0]}"
        assert str(bound.args[0]) == "runs/x"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder with reports of two evaluations."""
    metrics = {"top-1": {"value": 0.5, "low": 0.4, "high": 0.6, "percent": True}}
    about = {"n_train": 9, "n_test": 9, "classes": 3, "how": {"said": {"3": 0.25}, "seed": 0}}
    report = {"evaluation": "corruptions", "subject": "trained", "metrics": metrics, **about}
    other = report | {"evaluation": "few-labels labels=10% draws=3", "subject": "untrained"}
    folder = tmp_path / "evaluations"
    folder.mkdir()
    (tmp_path / "metrics.jsonl").touch()
    for each in (report, other):
        (folder / f"{each['evaluation']}.json").write_text(json.dumps([each]))
    return tmp_path


def test_values_of_metrics_and_of_what_is_said_beside_them(run: Path) -> None:
    assert value(run, Measure("top-1", "corruptions")) == pytest.approx((50, 20 / 3.92))
    assert value(run, Measure("said/3", "corruptions", percent=True)) == (25, 0)
    assert value(run, Measure("said/4", "corruptions")) is None
    assert value(run, Measure("top-1", FEW, "untrained")) == pytest.approx((50, 20 / 3.92))
    assert value(run, Measure("top-1", FEW)) is None
    assert value(run, Measure("length", read=lambda folder: float(len(folder.name)))) == (
        len(run.name),
        0,
    )


def test_columns_that_are_only_published_are_shown() -> None:
    study = find("supcon-losses", "tiny")
    results = Results("supcon-losses", "tiny", "shapes", {}, {}, 0.0, {})
    head, _, *rows = as_markdown(study, results).splitlines()
    assert head == "| loss | CIFAR-10 | CIFAR-100 | ImageNet |"
    assert rows[1] == "| SupCon | – (96.0) | (76.5) | (78.7) |"


@pytest.mark.parametrize(("data", "sets", "also"), [("dtd", ["dtd"], []), ("x/y", [], ["x/y"])])
def test_transfer_is_asked_of_the_papers_sets_and_of_others(
    data: str, sets: list[str], also: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[dict[str, Any]]()
    monkeypatch.setattr("lookalike.start.pretrain", lambda *_, **__: True)
    monkeypatch.setattr(
        "lookalike.run.judging.transfer.transfer_run", lambda *_, **how: asked.append(how)
    )
    task = Task((), 0, None, tmp_path, (Question(TRANSFER, data=data),))
    assert list(work([task], jobs=1)) == [(task, "")]
    assert (asked[0]["sets"], asked[0]["also"]) == (sets, also)
