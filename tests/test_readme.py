"""Every command and snippet of the README and the pages does what it says."""

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from data.pictures import noise, save
from lookalike.cli.app import run
from lookalike.methods import METHODS
from lookalike.views.presets import POLICIES

pytestmark = pytest.mark.usefixtures("unchecked")

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^(lookalike .*?)(?: +#.*)?$", re.MULTILINE)
COMMANDS = COMMAND.findall(README)
PAGES = {
    page.name: page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").glob("*.md"))
}
BLOCK = re.compile(r"^```(sh|python|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+\.(?:py|yaml))\n")
"""A block that begins with the name of a file is to be saved under it."""

ELSEWHERE = {"published-weights.md": "it takes files and programs of other projects"}
"""Pages whose blocks can only be read."""

PROGRAMS = ("export.md", "run-folder.md")
"""Pages that use the program beside an encoder's weights; to write it takes longer than a training."""

FIRST = "lookalike pretrain simclr --data photos/"
"""How most pages begin; what it makes is made once."""

SIDES = {"photos": 40, "new": 40, "labelled": 40, "cifar10": 32, "imagenet": 120}
"""Folders of images that the commands name, and the side of each image in pixels."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the images that the commands name, eight of each."""
    place = tmp_path_factory.mktemp("place")
    for start, (folder, side) in enumerate(SIDES.items()):
        for i in range(8):
            kind = "cat" if i % 2 else "dog"
            save(place / folder / kind / f"{i}.png", noise(8 * start + i, side, side))
    return place


def expanded(word: str) -> list[str]:
    """As a shell does it."""
    return sorted(str(path) for path in Path().glob(word)) if "*" in word else [word]


def test_there_is_something_to_test() -> None:
    assert len(COMMANDS) >= 4
    assert sum(FIRST in COMMAND.findall(text) for text in (README, *PAGES.values())) > 10
    for text in (README, *PAGES.values()):
        blocks = "".join(block for kind, block in BLOCK.findall(text) if kind == "sh")
        assert COMMAND.findall(blocks) == COMMAND.findall(text)  # none stands in another place


@pytest.fixture
def here(request: pytest.FixtureRequest, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a page, with the images."""
    here = place / "pages" / request.node.callspec.params["page"]
    here.mkdir(parents=True)
    if here.name not in PROGRAMS:
        monkeypatch.setattr("lookalike.export.encoder_folder.program", lambda *_: b"")
    for images in SIDES:
        (here / images).symlink_to(place / images)
    monkeypatch.chdir(here)
    return here


@pytest.fixture(scope="module")
def first(place: Path) -> Path:
    """The runs that are there after FIRST."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lookalike.export.encoder_folder.program", lambda *_: b"")
        patch.chdir(place)
        assert run(words_of(FIRST, 2 * FIRST)) == 0
    return place / "runs"


@pytest.mark.parametrize("page", ["README.md", *PAGES])
def test_the_commands_and_code_of_a_page_one_after_the_other(
    page: str, here: Path, first: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {"images": np.zeros((2, 3, 40, 40), np.float32)}
    with at_home(here):
        text = PAGES.get(page, README)
        for kind, block in BLOCK.findall(text):
            if named := FILE.match(block):
                (here / named[1]).write_text(shortened(block), encoding="utf-8")
            if kind == "sh":
                for command in COMMAND.findall(block):
                    if command == FIRST and page not in PROGRAMS:
                        shutil.copytree(first, "runs", dirs_exist_ok=True)
                        continue
                    words = words_of(command, text)
                    assert run(words) == 0, (command, capfd.readouterr().err)
            elif kind == "python" and page in PAGES:
                code = compile(shortened(block), page, "exec")
                if page not in ELSEWHERE:
                    exec(code, names)  # noqa: S102 - our own pages
    runs = [recipe.parent for recipe in here.glob("runs/*/recipe.yaml")]
    there = {path.name for run in runs for path in run.iterdir()}
    assert [name for name in sorted(there) if f"`{name}" not in PAGES["run-folder.md"]] == []


def words_of(command: str, text: str) -> list[str]:
    """A command's words as the shell gives them, with as little to do as shows that it works.

    A run that has a name of its own, which the page does not come back to, is not trained.
    """
    words = [word for each in shlex.split(command)[1:] for word in expanded(each)]
    words = [re.sub(r"^finetune\.epochs=.*", "finetune.epochs=1", word) for word in words]
    if words[0] != "pretrain":
        return words
    words = [word for word in words if not word.startswith(("duration=", "batch=", "piece="))]
    words += ["duration=2 steps", "batch=4", "--workers", "0"]
    words += ["piece=2"] * ("piece=" in command)
    once = "--out" in words and text.count(words[words.index("--out") + 1]) == 1
    return [*words, "--dry-run"] if once and "--dry-run" not in words else words


@contextmanager
def at_home(here: Path) -> Iterator[None]:
    """What a page's code registers and imports is gone after it."""
    known = set(sys.modules)
    with (
        mock.patch.dict(METHODS),
        mock.patch.dict(POLICIES),
        mock.patch.object(sys, "path", [str(here), *sys.path]),
    ):
        yield
    for name in {path.stem for path in here.glob("*.py")} - known:
        sys.modules.pop(name, None)


def shortened(code: str) -> str:
    """For eight images and a slow machine."""
    code = code.replace("96, 96", "40, 40")
    code = code.replace('duration="20 epochs"', 'duration="2 steps", batch=4')
    return code.replace("batch: 64", "batch: 4").replace("duration: 10 epochs", "duration: 2 steps")


def test_readme_snippet(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    code = shortened(code).replace("batch=4)", 'batch=4, out="runs/snippet")')
    code = code.replace("runs/simclr-photos", "runs/snippet")
    names = {"picture": Image.open(place / "photos" / "cat" / "1.png")}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - our own README
    assert names["features"].shape == (1, 64)
