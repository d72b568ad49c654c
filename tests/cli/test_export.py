"""`lookalike export` and `lookalike predict`, with the work itself replaced."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.commands import Command
from lookalike.run import export
from lookalike.run.judging import predict

Calls = list[tuple[str, tuple[Any, ...], dict[str, Any]]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, here: Path) -> Calls:
    made: Calls = []

    def export_encoder(*words: Any, console: Any, **settings: Any) -> Path:
        made.append(("export", words, settings))
        console.print("how to load it")
        return Path("x")

    def predict_run(*words: Any, console: Any, **settings: Any) -> Any:
        made.append(("predict", words, settings))
        console.print("about the classifier")
        return iter(["an answer"])

    def written(found: Any, out: Path, *, top: int) -> Any:
        made.append(("written", (out,), {"top": top}))
        return iter([SimpleNamespace(problem="")])

    monkeypatch.setattr(export, "export_encoder", export_encoder)
    monkeypatch.setattr(predict, "predict_run", predict_run)
    monkeypatch.setattr(predict, "written", written)
    (here / "runs/one").mkdir(parents=True)
    (here / "runs/one/recipe.yaml").touch()
    (here / "new").mkdir()
    return made


def test_everything_reaches_the_export(command: Command, calls: Calls) -> None:
    words = "export runs/one --to torch --out a.pt2 --classifier --data new --no-normalisation"
    ended = command(*words.split(), "--licence", "mit", "--device", "cpu", "--workers", "2")
    assert (ended.code, ended.out) == (0, "how to load it\n")
    settings = {"normalisation": False, "classifier": True, "data": "new", "licence": "mit"}
    settings |= {"hub": None, "device": "cpu", "workers": 2}
    assert calls == [("export", (Path("runs/one"), "torch", Path("a.pt2")), settings)]


def test_everything_reaches_the_prediction(command: Command, calls: Calls) -> None:
    words = "predict runs/one new --top 2 --data new --workers 0"
    ended = command(*words.split())
    assert (ended.code, ended.out, ended.err) == (0, "an answer\n", "about the classifier\n")
    settings = {"top": 2, "data": "new", "device": "auto", "workers": 0}
    assert calls == [("predict", (Path("runs/one"), ["new"]), settings)]
    assert command("predict", "runs/one", "new", "--out", "a.csv").out == ""
    assert calls[-1] == ("written", (Path("a.csv"),), {"top": 3})


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("export runs/one", 2, "--to"),
        ("export runs/one --to onxn", 2, '"onnx"'),
        ("export runs/noe --to torch", 2, "Did you mean 'runs/one'?"),
        ("export new --to torch", 2, "It has no recipe.yaml."),
        ("export runs/one --to torch --hub me", 2, "USER/NAME"),
        ("predict runs/one", 2, "nothing to predict"),
        ("predict runs/noe new", 2, "Did you mean 'runs/one'?"),
        ("predict runs/one nwe", 3, "Did you mean 'new'?"),
        ("predict runs/one new --out a.txt", 2, ".csv or .json"),
    ],
)
def test_mistakes(command: Command, calls: Calls, words: str, code: int, says: str) -> None:
    ended = command(*words.split())
    assert ended.code == code
    assert says in ended.err
    assert len(ended.err.splitlines()) <= 4
    assert calls == []
