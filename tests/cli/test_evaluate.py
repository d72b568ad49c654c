"""`lookalike evaluate`, with the evaluation itself replaced."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.commands import Command
from lookalike.recipe.questions import Question

Calls = list[tuple[Path, tuple[str, ...], dict[str, Any]]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, here: Path) -> Calls:
    made: Calls = []

    def evaluate_run(
        path: Path, questions: list[Question], *, console: Any, **settings: Any
    ) -> list[Any]:
        names = tuple(question.name for question in questions)
        made.append((path, names, settings))
        console.print("a table")
        return [SimpleNamespace(as_dict=lambda name=name: {"evaluation": name}) for name in names]

    stub = SimpleNamespace(evaluate_run=evaluate_run)
    monkeypatch.setitem(sys.modules, "lookalike.run.judging.any_run", stub)
    (here / "runs/one").mkdir(parents=True)
    (here / "runs/one/recipe.yaml").touch()
    (here / "labelled").mkdir()
    return made


def test_everything_reaches_the_run(command: Command, calls: Calls) -> None:
    words = "evaluate runs/one knn prototypes --data labelled --seed 2 --device cpu"
    ended = command(*words.split())
    assert ended.out == "a table\n"
    settings = {
        "data": "labelled",
        "limit": None,
        "size": None,
        "projection": False,
        "baselines": True,
        "seed": 2,
        "device": "cpu",
        "workers": None,
    }
    assert calls == [(Path("runs/one"), ("knn", "prototypes"), settings)]


def test_by_default_the_run_decides(command: Command, calls: Calls) -> None:
    assert command("evaluate", "runs/one").code == 0
    settings = {
        "data": None,
        "limit": None,
        "size": None,
        "projection": False,
        "baselines": True,
        "seed": 0,
        "device": "auto",
        "workers": None,
    }
    assert calls == [(Path("runs/one"), ("knn", "linear"), settings)]


def test_json_alone_on_stdout(command: Command, calls: Calls) -> None:
    ended = command("evaluate", "runs/one", "knn", "--json")
    assert json.loads(ended.out) == [{"evaluation": "knn"}]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("runs/noe", 2, "Did you mean 'runs/one'?"),
        ("labelled", 2, "It has no recipe.yaml."),
        ("zzz", 2, "There is no such folder."),
        ("runs/one kn", 2, "Did you mean 'knn'"),
        ("runs/one knn.kk=3", 2, "Did you mean 'knn.k'?"),
        ("runs/one knn.k=many", 2, "knn.k cannot be"),
        ("runs/one knn.k", 2, "knn.SETTING=VALUE"),
        ("runs/one knn encoder.pool=mean", 2, "Leave out encoder.pool=mean"),
        ("runs/one knn --out reports", 2, "Leave out --out"),
        ("runs/one knn --data labeled", 3, "Did you mean 'labelled'?"),
    ],
)
def test_mistakes(command: Command, calls: Calls, words: str, code: int, says: str) -> None:
    ended = command("evaluate", *words.split())
    assert ended.code == code
    assert says in ended.err
    assert calls == []
