"""`lookalike compare` on folders written by hand."""

import json
import re
from pathlib import Path

import pytest

from cli.commands import Command
from run.comparable import evaluate, guesses, write_run


@pytest.fixture(autouse=True)
def runs(here: Path) -> None:
    for name, wrong, seed in (("one", range(12), 0), ("two", range(8, 38), 1)):
        run = write_run(here / "runs" / name, seed=seed)
        evaluate(run, guesses(wrong))
        evaluate(run, guesses(range(30)), evaluation="knn", keep=name == "one")


def test_tables(command: Command) -> None:
    ended = command("compare", "runs/one", "runs/two")
    assert ended.code == 0
    assert ended.err == ""
    words = " ".join(re.sub("[│┃]", " ", ended.out).split())
    for text in (
        "knn top-1 linear top-1 epochs minutes",
        "one 92.5 ± 2.6 97.0 ± 1.7 20 1.7",
        "mean of one, two, ± standard error over seeds 92.5 94.8 ± 2.2",
        "untrained 50.0 ± 5.0 50.0 ± 5.0",
        "linear top-1 two one −4.5 (−7.5 to −1.5) 0.003 worse",
        "seed 0 1",
        "knn top-1: two not compared with the best: its guesses were not kept",
    ):
        assert text in words


def test_one_evaluation(command: Command) -> None:
    assert "knn" not in command("compare", "runs/one", "runs/two", "--evaluation", "linear").out


def test_json_alone_on_stdout(command: Command) -> None:
    ended = command("compare", "runs/one", "runs/two", "--json")
    assert list(json.loads(ended.out)) == ["runs", "columns", "seeds", "settings", "notes"]


def test_a_page_if_it_is_asked_for(command: Command, here: Path) -> None:
    command("compare", "runs/one", "runs/two")
    assert [path.name for path in here.iterdir()] == ["runs"]
    ended = command("compare", "runs/one", "runs/two", "--json", "--out", "pages/two.html")
    json.loads(ended.out)
    assert ended.err == "page: pages/two.html\n"
    assert "linear top-1" in (here / "pages/two.html").read_text()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("", 2, "Name two run folders or more"),
        ("runs/one", 2, "Name two run folders or more"),
        ("runs/one runs/one", 2, "Name two run folders or more"),
        ("runs/one runs/tow", 2, "Did you mean 'runs/two'?"),
        ("runs/one runs/one/recipe.yaml", 2, "It is a file."),
        ("runs/one runs", 2, "runs is not the folder of a run."),
        ("runs/one runs/two --evaluation kn", 2, "Did you mean 'knn'?"),
        ("runs/one runs/two --out runs/one/recipe.yaml/page.html", 4, "Cannot write"),
    ],
)
def test_mistakes(command: Command, words: str, code: int, says: str) -> None:
    ended = command("compare", *words.split())
    assert ended.code == code
    assert says in ended.err
