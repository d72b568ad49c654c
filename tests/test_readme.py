"""Every command and snippet of the README and of the recipes' headers does what it says."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.cli.app import run
from lookalike.recipe.library import packaged

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(lookalike .*?)(?: +#.*)?$", README, re.MULTILINE)
PAGES = {
    page.name: re.findall(
        r"^(lookalike .*?)(?: +#.*)?$", page.read_text(encoding="utf-8"), re.MULTILINE
    )
    for page in sorted((ROOT / "docs").glob("*.md"))
}
HEADERS = {
    name: re.findall(r"^# command: (lookalike .*)$", text, re.MULTILINE)
    for name, text in packaged().items()
}

SIDES = {"photos": 120, "new": 120, "labelled": 120, "cifar10": 32, "imagenet": 120}
"""Folders of images that the commands name, and the side of each image in pixels."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the images that the commands name, eight of each."""
    place = tmp_path_factory.mktemp("place")
    noise = np.random.default_rng(0)
    for folder, side in SIDES.items():
        for i in range(8):
            kind = place / folder / ("cat" if i % 2 else "dog")
            kind.mkdir(parents=True, exist_ok=True)
            pixels = noise.integers(0, 256, (side, side, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(kind / f"{i}.png")
    return place


def expanded(word: str) -> list[str]:
    """As a shell does it."""
    return sorted(str(path) for path in Path().glob(word)) if "*" in word else [word]


def test_there_is_something_to_test() -> None:
    assert len(COMMANDS) >= 4
    assert all(len(lines) == 1 for lines in HEADERS.values()), HEADERS


@pytest.mark.parametrize("page", ["README.md", *PAGES])
def test_the_commands_of_a_page_one_after_the_other(
    page: str, place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    here = place / "pages" / page
    here.mkdir(parents=True)
    for images in SIDES:
        (here / images).symlink_to(place / images)
    monkeypatch.chdir(here)
    for command in PAGES.get(page, COMMANDS):
        words = [word for each in shlex.split(command)[1:] for word in expanded(each)]
        if words[0] == "pretrain":
            kept = [
                word for word in words if not word.startswith(("duration=", "batch=", "piece="))
            ]
            words = [*kept, "duration=2 steps", "batch=4", "--workers", "0"]
            words += ["piece=2"] * ("piece=" in command)
        code = run(words)
        assert code == 0, (command, capfd.readouterr().err)


def test_readme_snippet(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    code = code.replace('duration="20 epochs"', 'duration="2 steps", batch=4, out="runs/snippet"')
    code = code.replace("runs/simclr-photos", "runs/snippet")
    names = {"picture": Image.open(place / "photos" / "cat" / "1.png")}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - our own README
    assert names["features"].shape == (1, 512)


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_recipe_header(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    words = shlex.split(HEADERS[name][0])[1:]
    assert words[:2] == ["pretrain", name]
    assert run([*words, "--dry-run"]) == 0
    assert f"name: {name}" in capfd.readouterr().out
