"""`lookalike embed`, `search`, `duplicates` and `outliers` as a person uses them."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from cli.commands import Command
from data.pictures import photo_like, save
from run.untrained import write_untrained


@pytest.fixture
def run(here: Path) -> Path:
    for number in range(8):
        save(here / "photos" / ("cat" if number % 2 else "dog") / f"{number}.png", _photo(number))
    evil = here / "photos" / "cat" / "<script>alert(1)<.png"
    Image.fromarray(_photo(1)).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(evil)
    save(here / "photos" / "cat" / "torn.png", _photo(3)).write_bytes(b"torn")
    return write_untrained(here / "run", channels=3, data={"path": "photos"})


def _photo(seed: int):  # type: ignore[no-untyped-def]
    return photo_like(seed, 96, 120)


def test_what_a_person_does_after_training(command: Command, run: Path) -> None:
    options = ("--workers", "0")
    ended = command("embed", "run", "--out", "e", *options)
    assert (ended.code, ended.err) == (0, "")
    assert "9 pictures, 1 skipped → e" in ended.out
    assert sorted(path.name for path in Path("e").iterdir()) == [
        "about.json",
        "features.npy",
        "index.csv",
        "ledger.json",
    ]

    ended = command("search", "run", "photos/cat/1.png", "--top", "3", "--out", "s.html", *options)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0] == "photos/cat/1.png  (cat)"
    assert len(lines) == 5
    assert re.match(r"   \d\.\d{3}  photos/(cat|dog)/.*\.png  \((cat|dog)\)", lines[1])
    assert re.search(r"9 pictures searched; [\d.]+ % of the 3 most similar", lines[-1])

    ended = command("duplicates", "run", "--out", "d.html", *options)
    assert ended.code == 0
    assert ended.out.splitlines()[:3] == [
        "group 1: 2 pictures",
        "  photos/cat/1.png  (cat)",
        "  photos/cat/<script>alert(1)<.png  (cat)",
    ]
    assert "9 pictures: 1 group, 1 more than needed" in ended.out

    ended = command("outliers", "run", "--top", "2", "--out", "o.html", *options)
    assert len(ended.out.splitlines()) == 3
    for page in ("s.html", "d.html", "o.html"):
        text = Path(page).read_text()
        assert "data:image/jpeg;base64," in text
        assert "<script" not in text
        assert not re.search(r'(src|href)="(?!data:)', text)

    found = command("search", "run", "photos", "--json", *options)
    assert len(json.loads(found.out)["answers"]) == 9
    found = command("duplicates", "run", "--json", "--threshold", "-1", *options)
    assert json.loads(found.out)["extra"] == 8
    found = command("outliers", "run", "--json", "--k", "3", *options)
    assert {one["path"] for one in json.loads(found.out)} == {
        str(path) for path in Path("photos").rglob("*.png") if path.name != "torn.png"
    }


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("search rnu photos", 2, "Did you mean"),
        ("search run photso", 3, "Did you mean 'photos'?"),
        ("duplicates run --threshold 95", 2, "from -1 to 1"),
        ("outliers run --k 0", 2, "k cannot be 0"),
        ("embed run/encoder --out e", 2, "Add --data"),
        ("embed nothing", 2, "neither a run nor an encoder folder"),
    ],
)
def test_mistakes(command: Command, run: Path, words: str, code: int, says: str) -> None:
    del run
    ended = command(*words.split())
    assert ended.code == code, ended.err
    assert says in ended.err
