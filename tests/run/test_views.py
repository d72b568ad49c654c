"""`lookalike views`: a picture and a word of advice."""

import re
from pathlib import Path

import pytest
from PIL import Image

from data.pictures import PHOTO, class_folders
from lookalike.cli.app import run
from lookalike.views.presets import POLICIES, SINGLE


def shares(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"(\d+)%", text)]


def test_a_sheet_and_what_the_views_give_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "v.png"
    words = ["views", "simclr-cifar", "--data", "shapes", "--out", str(out), "--rows", "2"]
    assert run([*words, "--columns", "3"]) == 0
    with Image.open(out) as picture:
        assert picture.width == 28 + 128 + 26 + 2 * (3 * 134 - 6) + 26 + 28
    overlaps, hardly, cropped, finished, _ = shares(capsys.readouterr().out)
    assert 20 < overlaps < 60
    assert hardly < 30
    assert cropped > 2 * finished  # the colour distortion of the paper closes the shortcut


def test_views_without_colour_operations_are_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["views", "simclr-cifar", "views.jitter=null", "views.drop=0", "--data", "shapes"]
    assert run([*words, "views.crop.area=[0.5,1.0]", "--out", str(tmp_path / "v.png")]) == 0
    assert "strengthen views.jitter" in capsys.readouterr().out


@pytest.mark.parametrize("data", ["photos", "digits"])
def test_every_operation_by_itself(data: str, tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "photos", {"a": 3}, PHOTO) if data == "photos" else data
    out = tmp_path / "ops.png"
    words = ["views", "simclr", "views.size=32", "--ops", "--rows", "1", "--data", str(folder)]
    assert run([*words, "--out", str(out), "--workers", "0"]) == 0
    count = len(SINGLE) if data == "photos" else len(SINGLE) - 3
    with Image.open(out) as picture:
        assert picture.width == 28 + 128 + 26 + count * 128 + (count - 1) * 26 + 28


@pytest.mark.parametrize("preset", POLICIES)
def test_every_preset_makes_a_sheet(preset: str, tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "photos", {"a": 2}, PHOTO)
    data = "digits" if preset == "simclr-digits" else str(folder)
    words = ["views", preset, "views.size=40", "--rows", "1", "--columns", "1", "--workers", "0"]
    assert run([*words, "--data", data, "--out", str(tmp_path / "v.png")]) == 0


def test_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["views", "simclr-cifr", "--data", "shapes"]) == 2
    assert run(["views", "byol"]) == 2
    assert "--data" in capsys.readouterr().err
    out = str(tmp_path / "v.png")
    assert run(["views", "byol", "--data", "shapes", "--rows", "0", "--out", out]) == 2
    assert run(["views", "byol", "views.first=[blurr]", "--data", "shapes", "--out", out]) == 2
    assert "Did you mean 'blur'?" in capsys.readouterr().err
    assert not Path(out).exists()
