"""What a notebook can do with a run."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from lookalike import files
from lookalike.errors import DataError, UsageError
from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.report import Report
from lookalike.start import Run, Trained, predict
from run.untrained import write_untrained


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(write_untrained(tmp_path / "run", name="<b>&"))


def report(evaluation: str, subject: str, *, low: float = 0.5) -> Report:
    metrics = {
        "top-1 <all>": Estimate(0.625, low, 0.75),
        "log-loss": Estimate(1.5, 1.5, 1.5, False),
    }
    return Report(
        evaluation=evaluation,
        subject=subject,
        metrics=metrics,
        n_train=9,
        n_test=1234,
        classes=3,
        how={},
    )


def cells(html: str) -> list[list[str]]:
    """The text of each row; the HTML is well-formed if it is XML, too."""
    table = ElementTree.fromstring(html)  # noqa: S314 - our own
    return [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]


def test_pictures(run: Run, tmp_path: Path) -> None:
    found = run.search("digits", limit=20, top=3, workers=0)
    assert len(found.answers[0].matches) == 3
    values = np.load(run.embed(tmp_path / "e", limit=20, workers=0) / "features.npy")
    assert values.shape == (20, run.load().encoder.features)
    assert len(run.outliers(limit=20, k=2, top=5, workers=0)) == 5
    page = run.map(limit=20, by="pca", out=tmp_path / "map.html", workers=0)
    assert page.stat().st_size > 1000


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda run: run.search(), "nothing to search for"),
        (lambda run: run.search("digits", top=0), "top cannot be 0"),
        (lambda run: run.search("digits", limit=0), "limit cannot be 0"),
        (lambda run: run.embed("e", dtype="int8"), "cannot be int8"),
        (lambda run: run.duplicates(threshold=95), "from -1 to 1"),
        (lambda run: run.outliers(k=0), "k cannot be 0"),
        (lambda run: run.map(by="tsen"), "Did you mean 'tsne'?"),
        (lambda run: run.export("onxn"), "Did you mean 'onnx'?"),
        (lambda run: run.export("timm", classifier=True), "never holds a classifier"),
        (lambda run: run.predict(), "nothing to predict"),
        (lambda run: predict(run.path / "encoder", "digits"), "is not a run"),
        (lambda run: Trained(run.path / "encoder").outliers(), "brings no pictures"),
    ],
)
def test_mistakes_are_told_before_anything_is_done(
    run: Run, ask: Callable[[Run], object], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        ask(run)
    assert {path.name for path in run.path.iterdir()} == {"recipe.yaml", "encoder"}


def test_pictures_that_are_not_there(run: Run) -> None:
    with pytest.raises(DataError, match="no images at photso"):
        run.search("photso")


def test_a_report_shows_its_intervals() -> None:
    html = report("knn <k>", "trained")._repr_html_()
    assert "knn &lt;k&gt;, trained: 1,234 test images" in html
    assert cells(html) == [
        ["metric", "value", "95 % interval"],
        ["top-1 <all>", "62.5", "50.0 – 75.0"],
        ["log-loss", "1.50", ""],
    ]


def test_a_run_shows_what_it_came_to(run: Run) -> None:
    assert cells(run._repr_html_()) == [["evaluation", "metric"]]
    reports = [report("knn", subject).as_dict() for subject in ("untrained", "trained")]
    files.write_json(run.path / "evaluations" / "knn.json", reports)
    html = run._repr_html_()
    assert "simclr · resnet8 · digits · not trained yet" in html
    assert cells(html) == [
        ["evaluation", "metric", "untrained", "trained"],
        ["knn", "top-1 <all>", "62.5 ± 12.5", "62.5 ± 12.5"],
        ["knn", "log-loss", "1.50", "1.50"],
    ]
    (run.path / "metrics.jsonl").write_text('{"update": 0, "epoch": 1.0}\n')
    assert "1 updates" in run._repr_html_()
