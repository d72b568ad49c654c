"""Reports: every evaluation runs by name, survives JSON, and reads as a table."""

import inspect
import json
from typing import Any

import pytest
import torch
from rich.console import Console

from lookalike.data.opening import open_source
from lookalike.data.sources import chosen
from lookalike.errors import DataError, UsageError
from lookalike.evaluation import EVALUATIONS, OF_FEATURES, OF_IMAGES
from lookalike.evaluation.asking import evaluate, evaluate_images, function
from lookalike.evaluation.features import Features
from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.report import Report, as_markdown, table
from lookalike.evaluation.subject import Subject
from lookalike.nn.encoder import Encoder
from lookalike.recipe.signature import REQUIRED, arguments
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Fit, Policy


def _features(count: int, seed: int, classes: int = 6) -> Features:
    generator = torch.Generator().manual_seed(seed)
    label = torch.arange(count) % classes
    values = torch.randn(count, 8, generator=generator) + 2 * torch.eye(classes, 8)[label]
    return Features(values, label, torch.arange(count))


def _report(evaluation: str, subject: str, value: float, metric: str = "top-1") -> Report:
    return Report(
        evaluation=evaluation,
        subject=subject,
        metrics={metric: Estimate(value, value - 0.02, value + 0.01)},
        n_train=10,
        n_test=20,
        classes=3,
        how={"k": 20},
    )


@pytest.mark.parametrize("name", OF_FEATURES)
def test_every_evaluation_beats_chance_and_its_report_survives_json(name: str) -> None:
    report = evaluate(
        name,
        _features(120, 0),
        _features(60, 1),
        subject="trained",
        classes=6,
        seed=3,
        about={"data": "blobs"},
    )
    again = Report.from_dict(json.loads(json.dumps(report.as_dict(), allow_nan=False)))
    assert again == report
    first = next(iter(report.metrics.values()))
    assert 0.3 < first.low <= first.value <= first.high <= 1
    assert (report.n_train, report.n_test, report.classes) == (120, 60, 6)
    assert report.how["data"] == "blobs"
    assert report.how["seed"] == 3


@pytest.mark.parametrize("target", EVALUATIONS.values())
def test_settings_can_be_read_without_importing(target: str) -> None:
    found = arguments(target)
    assert list(found)[:2] == ["classes", "seed"]
    assert all(each.default is not REQUIRED for each in list(found.values())[1:])
    assert all(each.help for each in found.values())


def test_settings_reach_the_evaluation_and_the_report() -> None:
    train, test = _features(120, 0), _features(60, 1)
    report = evaluate("knn", train, test, subject="pixels", classes=6, k=3, temperature=0.2)
    assert report.how["k"] == 3
    assert report.how["temperature"] == 0.2


def test_images_without_a_label_are_left_out() -> None:
    train, test = _features(120, 0), _features(60, 1)
    train.label[::2] = -1
    test.label[:10] = -1
    report = evaluate("knn", train, test, subject="trained", classes=6)
    assert (report.n_train, report.n_test) == (60, 50)
    test.label[:] = -1
    with pytest.raises(DataError, match="None of the 60 test images has a label"):
        evaluate("knn", train, test, subject="trained", classes=6)


def test_an_unknown_evaluation_gets_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="Did you mean 'linear'"):
        evaluate("linaer", _features(9, 0), _features(9, 1), subject="trained", classes=6)


def test_the_table_has_baselines_first_and_a_gap_where_nothing_was_measured() -> None:
    reports = [
        _report("linear", "trained", 0.5),
        _report("linear", "pixels", 0.4),
        _report("knn", "untrained", 0.305),
        _report("linear", "trained", 0.9, metric="top-5"),
    ]
    assert as_markdown(reports).splitlines() == [
        "| evaluation | metric | pixels | untrained | trained |",
        "| --- | --- | ---: | ---: | ---: |",
        "| linear | top-1 | 40.0 ± 1.5 | – | 50.0 ± 1.5 |",
        "| knn | top-1 | – | 30.5 ± 1.5 | – |",
        "| linear | top-5 | – | – | 90.0 ± 1.5 |",
    ]
    console = Console(width=100)
    with console.capture() as capture:
        console.print(table(reports))
    shown = capture.get()
    assert "40.0 ± 1.5" in shown
    assert shown.index("pixels") < shown.index("untrained") < shown.index("trained", 60)


@pytest.mark.parametrize("name", EVALUATIONS)
def test_every_evaluation_has_one_of_two_forms(name: str) -> None:
    form = ["train", "test"]
    if name in OF_IMAGES:
        form = ["subject", "train", "test", "runtime"]
    names = list(inspect.signature(function(name)).parameters)
    assert names[: len(form) + 2] == [*form, "classes", "seed"]
    assert ("workers" in names) == (name in OF_IMAGES)


SMALL: dict[str, dict[str, Any]] = {
    "linear-views": {"epochs": 1},
    "finetune": {"epochs": 1, "batch": 16},
    "corruptions": {"severities": (5,)},
    "transformations": {"probe": "linear"},
    "geometry": {"views": 2},
}


@pytest.mark.parametrize("name", OF_IMAGES)
def test_every_evaluation_of_images_leaves_the_encoder_as_it_was(name: str) -> None:
    train = chosen(open_source("shapes"), torch.arange(96))
    test = chosen(open_source("shapes", "test"), torch.arange(30))
    torch.manual_seed(0)
    encoder = Encoder("resnet8", 16, 3)
    before = {key: tensor.clone() for key, tensor in encoder.state_dict().items()}
    subject = Subject("trained", encoder, Policy(size=16, crop=Fit(), flip=0.0, normalize=None))
    runtime = Runtime(torch.device("cpu"), torch.float32)
    report = evaluate_images(name, subject, train, test, runtime, seed=1, **SMALL.get(name, {}))
    again = Report.from_dict(json.loads(json.dumps(report.as_dict(), allow_nan=False)))
    assert again.metrics == report.metrics
    assert all(e.low <= e.value <= e.high for e in report.metrics.values())
    assert encoder.training
    for key, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, before[key]), key
