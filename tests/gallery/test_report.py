"""The page: one file, nothing from elsewhere, no text taken for HTML."""

import base64
import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gallery.kept import write_guesses, write_hardest, write_neighbours
from gallery.runs import report as evaluation
from gallery.runs import rows, write_run
from lookalike.errors import UsageError
from lookalike.gallery.report import report

EVIL = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>"


class Page(HTMLParser):
    """The tags, attributes and text of a page; complains of tags that do not match."""

    VOID = frozenset({"meta", "link", "img", "br"})

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] not in (["style"], ["script"]):
            self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def test_it_tells_the_whole_run(tmp_path: Path) -> None:
    run = write_run(tmp_path / "my run")
    page = Page(report(run))
    words = " ".join(page.text.split())
    assert "my run" in words
    assert "Linear top-1 98.5 %: 14.9 points above the untrained encoder" in words
    for text in ("97.5–99.5", "82.6–84.6", "a/broken.jpg", "it is truncated", "2aa3b150", "2.14"):
        assert text in words
    assert "temperature: 0.2" in words
    assert sum("data-points" in attributes for _, attributes in page.tags) == 7


def test_the_views_sheet_is_inside(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    (picture,) = (a["src"] or "" for tag, a in Page(report(run)).tags if tag == "img")
    assert base64.b64decode(picture.partition("base64,")[2]) == (run / "views.png").read_bytes()


def test_nothing_is_fetched(tmp_path: Path) -> None:
    path = report(write_run(tmp_path / "run"))
    for tag, attributes in Page(path).tags:
        for name in ("src", "href", "srcset", "data", "action", "poster", "xlink:href"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#")), tag
    text = path.read_text(encoding="utf-8")
    assert "//" not in re.sub(r"base64,[\w+/=]+|// .*", "", text)  # no address, even in the code
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", text)
    assert "default-src 'none'" in text  # and the browser would refuse


def test_text_stays_text(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", evaluations=False)
    plain = Page(report(run))
    (run / "recipe.yaml").write_text(f"name: {json.dumps(EVIL)}\nduration: {json.dumps(EVIL)}\n")
    (run / "environment.json").write_text(json.dumps({EVIL: EVIL}))
    write_guesses(run, [0, 1], [1, 0], [EVIL, "b"])
    books = {"name": EVIL, EVIL: EVIL, "skipped": {EVIL: EVIL}}
    (run / "ledger.json").write_text(json.dumps(books))
    found = [evaluation(EVIL, "trained", 0.5, **{EVIL: [EVIL]})]
    (run / "evaluations" / "x.json").write_text(json.dumps(found))
    lines = [json.dumps({"update": u, EVIL: 1.0}) + "\n" for u in range(3)]
    (run / "metrics.jsonl").write_text("".join(lines))
    page = Page(report(run))
    assert page.count("script") == plain.count("script") == 1
    assert page.count("img") == plain.count("img") == 1
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert page.text.count(EVIL) >= 11


@pytest.mark.parametrize("missing", ["metrics.jsonl", "evaluations/linear.json", "ledger.json",
                                     "environment.json", "views.png", "recipe.yaml"])  # fmt: skip
def test_any_file_may_be_missing_or_damaged(tmp_path: Path, missing: str) -> None:
    run = write_run(tmp_path / "run")
    (run / missing).write_bytes(b"\xff{[")
    Page(report(run))
    (run / missing).unlink()
    Page(report(run))


def test_a_run_that_has_only_begun(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("name: x\n")
    assert "Nothing has been measured yet." in Page(report(tmp_path)).text


def test_damage_is_told(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    (run / "ledger.json").write_text("{")
    assert "ledger.json could not be read" in Page(report(run)).text


def test_the_parts_that_are_there_can_be_jumped_to(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    write_hardest(run)
    write_neighbours(run, [["dog", "dog", "cat"]])
    (run / "map-sample.html").write_text("<!doctype html>")
    tags = Page(report(run)).tags
    jumps = [attributes["href"] for tag, attributes in tags if tag == "a"]
    parts = [attributes["id"] for tag, attributes in tags if tag == "section"]
    assert jumps == [f"#{part}" for part in parts]
    assert {"mistakes", "neighbours", "map"} <= set(parts)


def test_mistakes_are_told(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    write_guesses(run, [0] * 40 + [1] * 10, [0] * 30 + [1] * 10 + [1] * 10, ["cat", "dog"])
    write_hardest(run, count=3)
    words = " ".join(Page(report(run)).text.split())
    assert "took 50 test images for" in words
    assert "cat 75 25 dog 100" in words  # the table, in per cent of the row
    assert "catdog10 25 %" in words  # and the most confused pair
    assert "Of 20 wrong answers among 100 test images" in words
    assert words.count("97 % sure✗ dogcat") == 3


def test_many_classes_are_a_list_only(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    label = list(range(30)) * 2
    write_guesses(run, label, [0] * 60, [f"kind {number}" for number in range(30)])
    page = Page(report(run))
    assert "in per cent of the row" not in page.text
    assert page.text.count("kind ") == 20 * 2


def test_wrong_neighbours_are_marked(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    write_neighbours(run, [["dog", "dog", "cat", ""], ["cat", "dog", "dog", "cat"]])
    page = Page(report(run))
    assert sum(attributes.get("class") == "wrong" for _, attributes in page.tags) == 3
    words = " ".join(page.text.split())
    assert "among 300 of 1,000 images" in words
    assert "25.0 % are of the image’s class" in words
    assert words.count("0.500 ✗dog") == 2


@pytest.mark.parametrize("name", ["neighbours.json", "evaluations/hardest/linear.json"])
def test_damaged_pictures_are_told(tmp_path: Path, name: str) -> None:
    run = write_run(tmp_path / "run")
    write_hardest(run)
    write_neighbours(run, [["dog", "cat"]])
    (run / name).write_text('{"rows": [1], "mistakes": [')
    assert f"{Path(name).name} could not be read" in Page(report(run)).text


def test_names_in_pictures_stay_text(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    write_hardest(run, text=EVIL)
    write_neighbours(run, [[EVIL, "dog", "cat"]], text=EVIL)
    (run / "map-sample.html").write_text(f'<title>"{EVIL}"</title>')
    page = Page(report(run))
    assert page.count("script") == 1
    assert page.count("img") == 1 + 16 + 3
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    (frame,) = (attributes["srcdoc"] for tag, attributes in page.tags if tag == "iframe")
    assert frame == f'<title>"{EVIL}"</title>'


def test_a_long_run_stays_small(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    lines = [json.dumps(row) + "\n" for row in rows(100_000)]
    (run / "metrics.jsonl").write_text("".join(lines))
    begin = time.process_time()
    path = report(run)
    assert time.process_time() - begin < 10  # measured: 2 s
    assert path.stat().st_size < 400_000
    for _, attributes in Page(path).tags:
        assert len(json.loads(attributes.get("data-points") or "[]")) <= 600


def test_only_the_first_of_many_skipped_images_are_named(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    skipped = {f"picture {i:04}.jpg": "0 bytes" for i in range(1000)}
    (run / "ledger.json").write_text(json.dumps({"skipped": skipped}))
    text = Page(report(run)).text
    assert "picture 0199.jpg" in text
    assert "picture 0200.jpg" not in text
    assert "and 800 more" in text


def test_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not the folder of a run"):
        report(tmp_path)
    assert list(tmp_path.iterdir()) == []
