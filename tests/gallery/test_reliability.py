"""Reliability diagrams: where the dots lie, and that the page shows them."""

import json
from pathlib import Path

from gallery.runs import report, write_run
from lookalike.evaluation.report import Report
from lookalike.gallery.reliability import SIDE, diagrams
from lookalike.gallery.report import report as write_report

BINS = [
    {"confidence": 0.25, "accuracy": 0.5, "count": 50},
    {"confidence": 1.0, "accuracy": 0.9, "count": 400},
]


def _calibration(subject: str) -> dict[str, object]:
    found = report("calibration", subject, 0.9, bins=BINS)
    found["metrics"] = {"ECE": {"value": 0.116, "low": 0.1, "high": 0.13}, **found["metrics"]}
    return found


def test_confidence_goes_right_and_accuracy_up() -> None:
    (diagram,) = diagrams([Report.from_dict(_calibration("trained"))])
    assert diagram.error == "11.6 ± 1.5"
    first, last = diagram.dots
    assert (first.x, first.y) == (SIDE / 4, SIDE / 2)
    assert (last.x, last.y) == (SIDE, SIDE / 10)
    assert last.radius / first.radius == round(8**0.5, 1) or last.radius > 2.5 * first.radius
    assert last.words == "400 images 100 % sure, 90 % of them right"


def test_others_have_none() -> None:
    assert diagrams([Report.from_dict(report("linear", "trained", 0.9))]) == []


def test_the_report_draws_them(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    both = [_calibration("untrained"), _calibration("trained")]
    (run / "evaluations" / "calibration.json").write_text(json.dumps(both))
    page = write_report(run).read_text()
    assert page.count('class="dot trained"') == 2
    assert "400 images 100 % sure" in page
