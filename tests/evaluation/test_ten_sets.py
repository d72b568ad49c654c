"""The linear probe is as accurate as scikit-learn's on ten data sets, those of the benchmark."""

import runpy
from pathlib import Path

import pytest

from lookalike.evaluation.probes.linear import linear

PROBE = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "probe.py"))


@pytest.mark.parametrize("name", PROBE["SETS"])
def test_accuracy_is_scikit_learns_to_a_tenth_of_a_point(name: str) -> None:
    values, label = PROBE["SETS"][name]()
    train, test = PROBE["apart"](values, label, 0.3)
    outcome = linear(train, test, classes=int(label.max()) + 1)
    assert outcome.how["converged"]
    ours = PROBE["accuracy"](outcome.result, test)
    theirs = PROBE["reference"](train, test, outcome.how["penalty"])
    assert abs(ours - theirs) <= 0.001
