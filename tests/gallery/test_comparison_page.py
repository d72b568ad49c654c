"""The page about several runs: one file, nothing from elsewhere, no text taken for HTML."""

import json
import re
from pathlib import Path

import pytest

from gallery.test_report import EVIL, Page
from lookalike.gallery.comparison_page import draw, write_page
from lookalike.run.judging.compare import compare
from run.comparable import evaluate, guesses, write_run


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    found = [write_run(tmp_path / f"run {i}", seed=i) for i in range(3)]
    for i, run in enumerate(found):
        evaluate(run, guesses(range(12 * i, 24 * i + 5)), baseline=0.95)
        evaluate(run, guesses(range(5 * i)), evaluation="knn", keep=i > 0)
    return found


def page(runs: list[Path]) -> Page:
    path = runs[0].parent / "pages" / "compare.html"
    write_page(compare(*runs), path)
    return Page(path)


def test_it_tells_the_whole_comparison(runs: list[Path]) -> None:
    found = page(runs)
    words = " ".join(found.text.split())
    for text in (
        "3 runs",
        "run 0 100.0 ± 0.5 98.8 ± 1.2 20 1.7",
        "Mean of run 0, run 1, run 2 ± standard error over seeds",
        "untrained 50.0 ± 5.0 95.0 ± 5.0",
        "−3.0 (−5.2 to −0.7) 0.017 worse",
        "best of those paired",
        "run 0 is not compared with the best: its guesses were not kept",
        "What differs in the recipes",
        "seed012",
    ):
        assert text in words
    assert found.count("svg") == 6


def test_nothing_is_fetched_or_run(runs: list[Path]) -> None:
    found = page(runs)
    for tag, attributes in found.tags:
        for name in ("src", "href", "srcset", "data", "action", "poster", "xlink:href"):
            assert (attributes.get(name) or "data:").startswith("data:"), tag
    text = (runs[0].parent / "pages" / "compare.html").read_text()
    assert "//" not in text
    assert not re.search(r"@import|url\(|<script", text)
    assert "default-src 'none'" in text


def test_text_stays_text(runs: list[Path]) -> None:
    evil = runs[0].rename(runs[0].with_name(EVIL.replace("/", "")))
    (evil / "recipe.yaml").write_text(f"name: x\nbatch: 256\nduration: {json.dumps(EVIL)}\n")
    (evil / "evaluations" / "knn.json").write_text("{")
    evaluate(evil, guesses(range(9)), fingerprint="b5", test_images=EVIL)
    found = page([evil, *runs[1:]])
    assert found.count("script") == found.count("img") == 0
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert found.text.count("alert(1)") >= 5


def test_runs_without_evaluations_still_have_a_page(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name, temperature=t) for name, t in (("a", 0.1), ("b", 0.2))]
    assert "method.temperature" in page(runs).text


def test_everything_lies_on_the_scale(runs: list[Path]) -> None:
    (linear,) = compare(*runs, evaluation="linear").columns
    plot = draw(linear)
    ends = [end for bar in plot.bars.values() for end in bar]
    assert (min(ends), max(ends)) == (3, 97)
    assert all(bar.low < bar.value < bar.high for bar in plot.bars.values())
    at = {tick.label: tick.place for tick in plot.ticks}
    value = linear.entries["run 0"].estimate.value  # 98.75, between the ticks of 98 and 100
    assert at["96"] < at["98"] < plot.bars["run 0"].value
    slope = (at["98"] - at["96"]) / 2
    assert plot.bars["run 0"].value == pytest.approx(at["98"] + slope * (100 * value - 98), abs=0.2)
    assert plot.baselines["untrained"] == [pytest.approx((at["94"] + at["96"]) / 2, abs=0.2)]


def test_baselines_off_the_scale_are_not_drawn(runs: list[Path]) -> None:
    (knn,) = compare(*runs, evaluation="knn").columns
    assert draw(knn).baselines == {"pixels": [], "untrained": []}
