"""`lookalike check` as a person uses it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.commands import Command
from data.pictures import noise, save


@pytest.fixture
def photos(here: Path) -> Path:
    for split, first, count in (("train", 0, 12), ("test", 50, 4)):
        for seed in range(first, first + count):
            save(
                here / "photos" / split / ("cat" if seed % 2 else "dog") / f"{seed}.png",
                noise(seed),
            )
    return here / "photos"


def test_a_folder_that_is_well(command: Command, photos: Path) -> None:
    ended = command("check", "photos", "--out", "pages/check.html")
    assert ended.code == 0
    assert ended.out.startswith("photos: ready to train on")
    for words in (
        "What is there",
        "12 pictures in 2 class folders",
        "What a run takes here (simclr)",
    ):
        assert words in ended.out
    assert re.search(r"12 images: \d+ updates an epoch", ended.out)
    assert "two crops of an image overlap by" in ended.out
    assert len(ended.out.splitlines()) <= 40
    assert ended.err == "reading photos\npage: pages/check.html\n"
    page = (photos.parent / "pages/check.html").read_text()
    assert "12 pictures in 2 class folders" in page
    assert sorted(path.name for path in photos.parent.iterdir()) == ["pages", "photos"]


def test_leakage_ends_with_its_code_and_a_page(command: Command, photos: Path) -> None:
    evil = photos / "test" / "cat" / '1"><script>alert(1)<.png'.replace("/", "")
    save(evil, noise(1))
    ended = command("check", "photos", "--out", "check.html")
    assert ended.code == 3
    assert "photos: not ready to train on (leakage)." in ended.out
    assert "lookalike: photos is not ready to train on: leakage." in ended.err
    assert "Remove them from train" in ended.err
    page = Path("check.html").read_text()
    assert "data:image/jpeg;base64," in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "//" not in re.sub(r"base64,[^\"]*", "", page)


def test_json(command: Command, photos: Path) -> None:
    ended = command("check", "photos", "--json", "--limit", "6")
    findings = json.loads(ended.out)
    assert ended.code == 0
    assert [each["pictures"] for each in findings["sets"]] == [6, 4]
    assert findings["sets"][0]["classes"] == {"cat": 3, "dog": 3}


def test_named_sets_and_measured_updates(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from lookalike.check import outlook

    monkeypatch.setattr(outlook, "SECONDS", 0.0)
    ended = command("check", "digits", "--recipe", "simclr-digits", "--measure")
    assert ended.code == 0
    assert re.search(r"An update takes \d+\.\d\d s here, .* images per second: about", ended.out)
    assert "leakage" not in ended.out  # digits are alike, and none is another's copy


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("photso", 3, "Did you mean 'photos'?"),
        ("photos --against photos", 2, "Leave out --against."),
        ("photos --against photso", 3, "Did you mean 'photos'?"),
        ("photos --recipe simcrl", 2, "simclr"),
        ("photos --out photos/train/dog/0.png/check.html", 4, "Cannot write"),
    ],
)
def test_mistakes(command: Command, photos: Path, words: str, code: int, says: str) -> None:
    del photos
    ended = command("check", *words.split())
    assert ended.code == code
    assert says in ended.err


def test_nothing_readable(command: Command, here: Path) -> None:
    save(here / "bad" / "0.png", noise(0)).write_bytes(b"no picture")
    ended = command("check", "bad")
    assert ended.code == 3
    assert "There is no usable picture" in ended.err


def test_a_signal_leaves_nothing(here: Path) -> None:
    for seed in range(40):
        save(here / "large" / f"{seed}.png", noise(seed, 700, 700))
    words = [sys.executable, "-m", "lookalike", "check", "large", "--out", "page.html"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(words, stderr=subprocess.PIPE, env=environment, text=True) as child:
        assert child.stderr is not None
        assert child.stderr.readline() == "reading large\n"
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Traceback" not in told
    assert [path.name for path in here.iterdir()] == ["large"]
