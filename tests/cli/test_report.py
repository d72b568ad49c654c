"""The page of a run that goes on, in a browser on the same machine."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from cli.commands import Command
from gallery.browser import browser
from lookalike.start import serving
from lookalike.start.serving import Page
from run.comparable import write_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "one")


def go_on(run: Path, updates: int) -> None:
    """Adds an update to the record."""
    row = {"update": updates, "epoch": (updates + 1) / 10, "loss": 0.5, "images_per_second": 9.0}
    with (run / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


@pytest.fixture
def address(run: Path) -> Iterator[str]:
    """Of a server in its own process, which must end well when it is asked to."""
    words = [sys.executable, "-m", "lookalike", "report", str(run), "--watch"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()
        found = re.match(r"(http://127\.0\.0\.1:\d+) shows ", line)
        assert found, line
        yield found[1]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("report nothing", "nothing is not a run."),
        ("report rnu", "Did you mean 'run'?"),
        ("report .", "It has no recipe.yaml."),
        ("report run --wach", "Did you mean '--watch'?"),
    ],
)
def test_mistakes(command: Command, here: Path, words: str, says: str) -> None:
    write_run(here / "run")
    ended = command(*words.split())
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err
    assert not (here / "run" / "report.html").exists()


def read(address: str, **headers: str) -> str:
    with urlopen(Request(address, headers=headers), timeout=30) as answer:  # noqa: S310
        content: str = answer.read().decode()
        return content


def test_the_page_follows_the_run_where_it_is_looked_at(
    run: Path, address: str, tmp_path: Path
) -> None:
    before = read(f"{address}/version")
    assert read(f"{address}/version") == before
    assert "200 updates" in read(f"{address}/report.html").replace("\u202f", " ")
    for other in ("/recipe.yaml", "/../one/recipe.yaml"):
        with pytest.raises(HTTPError, match="404"):
            read(f"{address}{other}")
    with pytest.raises(HTTPError, match="404"):
        read(f"{address}/", Host="somewhere.else:80")

    with browser(tmp_path) as page:
        page.call("Page.navigate", url=f"{address}/")
        seen = "document.querySelector('iframe').contentWindow"
        waits = f"""new Promise(done => setInterval(() => {{
          const seen = {seen}
          if (seen.document.body?.innerText.includes("WORDS") && seen.scrollY == PLACE) done(true)
        }}, 100))"""
        page.ask(waits.replace("WORDS", "200").replace("PLACE", "0"))
        page.ask(f"{seen}.scrollTo(0, 120)")
        go_on(run, 200)
        page.ask(waits.replace("WORDS", "201").replace("PLACE", "120"))
        assert page.ask("document.title").startswith("one")
        assert page.complaints() == []
        assert all(each.startswith(address) for each in page.requests())
    run.rename(tmp_path / "elsewhere")
    with pytest.raises(HTTPError, match="503"):
        read(f"{address}/report.html")


def test_a_page_that_cannot_be_written_now_is_written_later(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(serving, "SHARE", 1e9)
    page = Page(run)
    before = page.version()
    go_on(run, 200)
    (run / "report.html").unlink()
    (run / "report.html").mkdir()
    assert page.version() == before
    (run / "report.html").rmdir()
    assert page.version() != before
    assert b"201" in page.content()


def test_most_of_the_time_is_the_trainings(run: Path) -> None:
    page = Page(run)
    before = page.version()
    go_on(run, 200)
    assert page.version() == before
