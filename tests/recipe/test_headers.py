"""The command in every packaged recipe's header is that of the recipe, and is understood."""

import re
import shlex
from pathlib import Path

import pytest

from data.pictures import class_folders
from lookalike.cli.app import run
from lookalike.recipe.library import packaged

HEADERS = {
    name: re.findall(r"^# command: lookalike (.*)$", text, re.MULTILINE)
    for name, text in packaged().items()
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with stand-ins for the data that the commands name."""
    place = tmp_path_factory.mktemp("place")
    class_folders(place / "cifar10", {"cat": 4, "dog": 4}, (32, 32))
    class_folders(place / "imagenet", {"cat": 4, "dog": 4}, (120, 120))
    return place


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_the_command_is_understood(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr("lookalike.recipe.estimate.memory_needed", lambda *_: [])  # has its tests
    (command,) = HEADERS[name]
    words = shlex.split(command)
    assert words[:2] == ["pretrain", name]
    assert run([*words, "--dry-run"]) == 0
    assert f"name: {name}" in capfd.readouterr().out
