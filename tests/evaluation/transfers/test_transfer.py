"""The transfer suite: what is chosen, on which images, and the table of all sets."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from data.archives import archive, photos
from lookalike.data.benchmarks import BENCHMARKS
from lookalike.data.benchmarks.opening import open_benchmark, open_folder
from lookalike.data.benchmarks.parts import Parts
from lookalike.data.sources import Source, chosen
from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.probes.linear import GRID
from lookalike.evaluation.probes.multilabel import one_vs_rest
from lookalike.evaluation.report import Report
from lookalike.evaluation.subject import Subject
from lookalike.evaluation.transfers.transfer import transfer
from lookalike.evaluation.transfers.transfer_table import by_set, mean_table, means
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Fit, Policy

CPU = Runtime(torch.device("cpu"), torch.float32)


class Flat(nn.Module):
    """Every second pixel as a feature; notes what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []

    def forward(self, images: Tensor) -> Tensor:
        self.seen.append(images)
        return images.flatten(1)[:, ::2]


def subject(size: int = 8, share: float = 1.0) -> Subject:
    return Subject("trained", Flat(), Policy(size=size, crop=Fit(share=share), flip=0.0))


@pytest.fixture(scope="module")
def parts() -> Parts:
    """400 digits, of which some classes are rare, so that the two accuracies differ."""
    whole = open_folder("digits")
    train, val, test = (
        rare(each, count)
        for each, count in ((whole.train, 150), (whole.val, 120), (whole.test, 100))
    )
    return whole._replace(train=train, val=val, test=test)


def rare(source: Source, count: int) -> Source:
    """A few images, and of the classes from 5 on only every third."""
    rows = [row for row, y in enumerate(source.label.tolist()) if y < 5 or row % 3 == 0]
    return chosen(source, torch.tensor(rows[:count]))


def values(source: Source) -> Tensor:
    return (source.images.flatten(1)[:, ::2] / 255).double()


def theirs(train: list[Source], strength: float) -> tuple[StandardScaler, LogisticRegression]:
    x, y = torch.cat([values(s) for s in train]), torch.cat([s.label for s in train])
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=1 / strength, max_iter=5000, tol=1e-8)
    return scaler, model.fit(scaler.transform(x), y)


@pytest.mark.parametrize("metric", ["top-1", "balanced"])
def test_the_protocol_is_the_papers(parts: Parts, metric: str) -> None:
    outcome = transfer(subject(), parts._replace(metric=metric), CPU)
    how, score = outcome.how, {"top-1": accuracy_score, "balanced": balanced_accuracy_score}[metric]
    assert how["grid"] == list(GRID[::-1])
    found, quality = [], how[f"grid_{metric}"]
    for strength in how["grid"][::11]:
        scaler, model = theirs([parts.train], strength)
        guess = model.predict(scaler.transform(values(parts.val)))
        found.append(score(parts.val.label, guess))
    compared = slice(4)  # with next to no penalty the rough fits stop early
    assert quality[::11][compared] == pytest.approx(found[compared], abs=0.02)
    pairs = zip(how["grid"], quality, strict=True)
    assert how["penalty"] == max(strength for strength, each in pairs if each == max(quality))
    scaler, model = theirs([parts.train, parts.val], how["penalty"])
    shares = torch.from_numpy(model.predict_proba(scaler.transform(values(parts.test))))
    torch.testing.assert_close(outcome.result.double().softmax(1), shares, atol=1e-3, rtol=0)
    assert how["converged"]


def test_the_test_images_choose_nothing_and_the_validation_images_do(parts: Parts) -> None:
    right = transfer(subject(), parts, CPU)
    wrong = replace(parts.test, label=(parts.test.label + 1) % 10)
    misled = transfer(subject(), parts._replace(test=wrong), CPU)
    torch.testing.assert_close(right.result, misled.result, rtol=0, atol=0)
    assert right.how == misled.how
    useless = replace(parts.val, label=torch.zeros_like(parts.val.label))
    misled = transfer(subject(), parts._replace(val=useless), CPU)
    assert right.how["grid_top-1"] != misled.how["grid_top-1"]


def test_the_whole_short_side_is_seen_and_the_encoder_left_alone(parts: Parts) -> None:
    seen = subject(share=0.5)
    seen.encoder.train()
    transfer(seen, parts, CPU)
    torch.testing.assert_close(seen.encoder.seen[0], parts.train.images / 255, atol=1e-6, rtol=0)
    assert seen.encoder.training


def test_a_class_without_training_images_is_never_guessed(parts: Parts) -> None:
    train, val = (chosen(s, (s.label != 3).nonzero()[:, 0]) for s in (parts.train, parts.val))
    outcome = transfer(subject(), parts._replace(train=train, val=val), CPU)
    assert torch.isneginf(outcome.result[:, 3]).all()
    assert outcome.result[:, 4].isfinite().all()


def test_the_scores_are_of_the_test_images_that_can_be_read(tmp_path, monkeypatch) -> None:
    archive("dtd", tmp_path, monkeypatch)
    home = tmp_path / "dtd/dtd"
    photos(home, (str(path.relative_to(home)) for path in home.glob("images/*/*")), side=100)
    found = open_benchmark("dtd", tmp_path)
    (home / found.test.names[1]).write_bytes(b"gone")
    outcome = transfer(subject(), found, CPU)
    assert outcome.seen.tolist() == [0, 2, 3, 4, 5, 6, 7]
    assert outcome.result.shape == (7, 2)
    assert outcome.how["set"] == "DTD"


def test_voc2007_is_judged_by_its_mean_average_precision(tmp_path, monkeypatch) -> None:
    archive("voc2007", tmp_path, monkeypatch)
    home = tmp_path / "VOCdevkit/VOC2007/JPEGImages"
    photos(home, (path.name for path in home.iterdir()), side=100)
    (home / "000001.jpg").write_bytes(b"broken")
    found = open_benchmark("voc2007", tmp_path)
    (home / "000102.jpg").write_bytes(b"broken")  # noticed later
    calls = []

    def fake(*given: Tensor) -> tuple[Tensor, dict[str, float]]:
        calls.append(given)
        return one_vs_rest(*given)

    monkeypatch.setattr("lookalike.evaluation.transfers.transfer.one_vs_rest", fake)
    outcome = transfer(subject(), found, CPU)
    ((train, shown, val, val_shown, test),) = calls
    assert [len(each) for each in (train, val, test)] == [7, 7, 8]
    whole = [[(1, 0, -1)[(row + place) % 3] for place in (1, 0, 2)] for row in range(8)]
    assert shown.tolist() == [*whole[:1], *whole[2:]]
    assert val_shown.tolist() == [*whole[:2], *whole[3:]]
    assert outcome.how["metric"] == "mAP"
    estimate = outcome.result["mAP"]
    assert 0 < estimate.low <= estimate.value <= estimate.high <= 1


def report(name: str, value: float, subject: str = "trained", half: float = 0.02) -> Report:
    each = BENCHMARKS.get(name)
    title, metric = (each.title, each.metric) if each else (name, "top-1")
    good = Estimate(value, value - half, value + 2 * half)
    other = Estimate(0.0, 0.0, 0.0)
    return Report(
        evaluation="transfer",
        subject=subject,
        metrics={"top-5": other, metric: good},
        n_train=30,
        n_test=10,
        classes=3,
        how={"set": title, "metric": metric},
    )


def test_the_mean_is_over_the_papers_sets_that_all_subjects_have() -> None:
    reports = [
        report("my-birds", 0.99),
        report("oxford-pets", 0.5),
        report("dtd", 0.8, half=0.04),
        report("oxford-pets", 0.3, "untrained"),
        report("dtd", 0.4, "untrained"),
        report("food-101", 0.9, "untrained"),
    ]
    trained, untrained = means(reports)
    assert (trained.subject, untrained.subject) == ("trained", "untrained")
    assert trained.evaluation == "mean of 2 of the papers' 12 sets"
    mean = trained.metrics["mean"]
    assert mean.value == pytest.approx(0.65)
    assert untrained.metrics["mean"].value == pytest.approx(0.35)
    below, above = (0.02**2 + 0.04**2) ** 0.5 / 2, (0.04**2 + 0.08**2) ** 0.5 / 2
    assert (mean.low, mean.high) == pytest.approx((0.65 - below, 0.65 + above))
    assert [each.evaluation for each in by_set(reports)] == [
        "Food-101",
        "DTD",
        "DTD",
        "Oxford Pets",
        "Oxford Pets",
        "my-birds",
    ]
    assert means([report("my-birds", 0.9)]) == []


def test_the_table_lists_what_is_missing_and_where_it_goes(tmp_path: Path) -> None:
    (tmp_path / "dtd").mkdir()
    table = mean_table([report("dtd", 0.8), report("my-birds", 0.5)], tmp_path)
    console = Console(width=300, record=True, file=None, quiet=False)
    with console.capture() as capture:
        console.print(table)
    lines = capture.get().splitlines()
    rows = [line for line in lines if "missing" in line]
    assert len(rows) == 11
    assert not any("DTD" in row for row in rows)
    assert sum("Put " in line for line in lines) == 11
    assert any(
        "mean of 1 of the papers' 12 sets" in line and "80.0 ± 3.0" in line for line in lines
    )
    assert any("VOC2007" in row and "mAP" in row for row in rows)
