"""The report and the comparison in a browser: hover, dark, on a phone, on paper, and from one file."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gallery.browser import Browser, browser
from gallery.kept import write_guesses, write_hardest, write_neighbours
from gallery.runs import write_run
from gallery.test_map_page import drawn
from lookalike.gallery.comparison_page import write_page
from lookalike.gallery.map_drawing import write_drawing
from lookalike.gallery.map_page import write_map
from lookalike.gallery.report import report
from lookalike.run.judging.compare import compare
from run import comparable

PAPER = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a run with all there is; the map's names are hostile, and others are long."""
    run = write_run(tmp_path_factory.mktemp("runs") / "run")
    names = [f"a class with a long name {number}" for number in range(20)]
    write_guesses(run, [*range(20), *range(20)], [*range(20), *([3] * 20)], names)
    write_hardest(run, text="a_class_with_a_long_name")
    write_neighbours(run, [["dog", *["dog", "a_class_with_a_long_name"] * 4]] * 3)
    write_map(drawn(), run / "map-sample.html")
    write_drawing(drawn(), run / "map.png")
    alarm = {"update": 9, "epoch": 1.0, "kind": "collapse", "text": "All features are alike"}
    (run / "alarms.jsonl").write_text(json.dumps(alarm) + "\n")
    return report(run)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture
def opened(chromium: Browser, page: Path) -> Iterator[Browser]:
    """The report, opened anew; at the end nothing was complained of and nothing asked for."""
    show(chromium, page)
    yield chromium
    assert chromium.complaints() == []
    assert chromium.requests() == [page.resolve().as_uri()]


def show(chromium: Browser, page: Path, width: int = 1100, scheme: str = "light") -> None:
    """Opens a page in a window of this width."""
    chromium.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=800,
        deviceScaleFactor=1,
        mobile=width < 640,
    )
    feature = {"name": "prefers-color-scheme", "value": scheme}
    chromium.call("Emulation.setEmulatedMedia", media="", features=[feature])
    chromium.open(page)


def test_pointing_at_a_curve_tells_all_values_there(opened: Browser) -> None:
    opened.ask("document.querySelector('#curves').scrollIntoView()")
    box = opened.ask(
        "(({x, y, width, height}) => [x, y, width, height])"
        "(document.querySelector('figure[data-points] svg').getBoundingClientRect())"
    )
    x, y, width, height = box
    told = "[...document.querySelectorAll('figure[data-points] output')].map((o) => o.textContent)"
    before = opened.ask(told)
    middle = x + width * (48 + 392) / 2 / 400
    opened.mouse("Moved", middle, y + height / 2)
    during = opened.ask(told)
    update = 99.5  # the middle of 200
    assert float(during[0]) == pytest.approx(2 + 2.718281828 ** (-update / 30), rel=0.01)
    assert opened.ask("document.querySelector('.when').textContent").startswith("update ")
    assert opened.ask("document.querySelectorAll('.cursor[visibility=visible]').length") == len(
        during
    )
    opened.mouse("Moved", 2, 2)
    assert opened.ask(told) == before


class Frame:
    """The map inside the page, scrolled into the window and loaded."""

    def __init__(self, opened: Browser) -> None:
        self._opened = opened
        opened.ask("document.querySelector('iframe').scrollIntoView({block: 'center'})")
        opened.ask("new Promise((done) => setTimeout(done, 500))")
        told = (e["params"] for e in opened.events if e["method"] == _BEGUN)
        self._context = [each["context"]["id"] for each in told][-1]

    def ask(self, expression: str) -> Any:
        """The value of an expression inside."""
        found = self._opened.call(
            "Runtime.evaluate",
            expression=expression,
            contextId=self._context,
            returnByValue=True,
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def place(self, x: float, y: float) -> tuple[float, float]:
        """A place of the map in the window."""
        box = "document.querySelector('iframe').getBoundingClientRect()"
        left, top = self._opened.ask(f"(({{x, y}}) => [x + 1, y + 1])({box})")
        above = self.ask("canvas.getBoundingClientRect().top")
        return left + x, top + above + y


_BEGUN = "Runtime.executionContextCreated"


def test_the_map_inside_shows_thumbnails(opened: Browser) -> None:
    frame = Frame(opened)
    opened.mouse("Moved", *frame.place(*frame.ask("onScreen(3)")))
    assert frame.ask("card.hidden") is False
    assert frame.ask("card.querySelector('b').textContent") == frame.ask("content.names[3]")
    assert frame.ask("card.querySelector('canvas').hidden") is False


def test_the_wheel_scrolls_the_page_until_the_map_is_clicked(opened: Browser) -> None:
    frame, turn = Frame(opened), {"deltaX": 0, "deltaY": -30}
    before, top = frame.ask("view.scale"), opened.ask("scrollY")
    opened.mouse("Wheel", *frame.place(100, 100), **turn)
    opened.ask("new Promise((done) => setTimeout(done, 500))")
    assert frame.ask("view.scale") == before
    assert opened.ask("scrollY") == top - 30
    opened.mouse("Pressed", *frame.place(100, 100))
    opened.mouse("Released", *frame.place(100, 100))
    opened.mouse("Wheel", *frame.place(100, 100), **turn)
    opened.ask("new Promise((done) => setTimeout(done, 500))")
    assert frame.ask("view.scale") > before
    assert opened.ask("scrollY") == top - 30


def test_the_dark_page_is_dark(opened: Browser, page: Path) -> None:
    light = opened.ask(PAPER)
    show(opened, page, scheme="dark")
    dark = opened.ask(PAPER)
    assert min(_tones(light)) > 240
    assert max(_tones(dark)) < 40


@pytest.mark.parametrize("width", [390, 800])
def test_a_narrow_page_is_as_wide_as_its_window(opened: Browser, page: Path, width: int) -> None:
    show(opened, page, width)
    assert opened.ask("document.documentElement.scrollWidth") == width
    assert opened.ask("innerWidth") == width
    too_far = opened.ask(
        """[...document.querySelectorAll("main *")].filter((e) => !e.closest(".wide, nav, pre, svg")
        && e.getBoundingClientRect().right > innerWidth).length"""
    )
    assert too_far == 0


def test_on_paper_nothing_is_hidden(opened: Browser) -> None:
    opened.ask("window.dispatchEvent(new Event('beforeprint'))")
    opened.call("Emulation.setEmulatedMedia", media="print")
    assert opened.ask("[...document.querySelectorAll('details')].every((part) => part.open)")
    shown = "getComputedStyle(document.querySelector('{}')).display !== 'none'"
    assert opened.ask(shown.format("#map img"))
    assert not opened.ask(shown.format("iframe"))
    assert opened.ask("getComputedStyle(document.querySelector('.wide')).overflowX") == "visible"
    assert opened.call("Page.printToPDF")["data"]


def test_the_comparison_looks_alike(chromium: Browser, tmp_path: Path) -> None:
    runs = [comparable.write_run(tmp_path / f"run {i}", seed=i) for i in range(4)]
    for i, run in enumerate(runs):
        for evaluation in ("linear", "knn", "few-labels"):
            guesses = comparable.guesses(range(12 * i, 24 * i + 5))
            comparable.evaluate(run, guesses, evaluation=evaluation)
    path = tmp_path / "compare.html"
    write_page(compare(*runs), path)
    papers = []
    for width, scheme in ((1100, "light"), (390, "light"), (1100, "dark")):
        show(chromium, path, width, scheme)
        assert chromium.ask("document.documentElement.scrollWidth") == width
        papers.append(chromium.ask(PAPER))
    assert papers[0] == papers[1] != papers[2]
    assert chromium.complaints() == []
    assert chromium.requests() == [path.resolve().as_uri()]


def _tones(colour: str) -> list[int]:
    return [int(tone) for tone in re.findall(r"\d+", colour)]
