"""Commands run inside the test, with the slow end of them replaced."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.commands import Command, Ended, Started
from lookalike.cli.app import run
from lookalike.start import Run, pretraining


class Unread(Run):
    """A run without a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the words of a command line."""

    def ran(*words: str, debug: bool = False) -> Ended:
        capsys.readouterr()
        code = run(words, debug=debug)
        return Ended(code, *capsys.readouterr())

    return ran


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Started]:
    """Stands in for training: notes what should have been trained."""
    calls: list[Started] = []

    def pretrain(recipe: Any, out: Path, **settings: Any) -> Path:
        calls.append(Started(recipe, out, settings))
        return out

    monkeypatch.setitem(sys.modules, "lookalike.run", SimpleNamespace(pretrain=pretrain))
    monkeypatch.setattr(pretraining, "Run", Unread)
    return calls
