"""What an alarm finds in the numbers of epochs, and that it tells each kind once."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from lookalike.evaluation.watching.alarm import Alarm
from lookalike.evaluation.watching.diagnosis import Finding, diagnose, means
from lookalike.evaluation.watching.measures import Turnover, of_views
from lookalike.evaluation.watching.told import Told
from lookalike.method import Batch, Method, Step
from lookalike.training.monitors import Moment

LATE = {"share": 0.5, "updates": 300.0}


@pytest.mark.parametrize(
    ("epochs", "word"),
    [
        ([{"contrast": 0.0, "view_difference": 0.0}], "blank"),
        ([{"view_difference": 0.0}], "all the same"),
        ([{"loss": 0.0}], "exactly 0"),
        ([{"projection_spread": 0.5}, {"projection_spread": 0.14}], "collapse"),
        ([{"projection_spread": 0.1}, {"projection_spread": 0.14}], None),  # it recovers
        ([{"projection_spread": 0.1}], None),  # too early
        ([{"projection_spread": 0.25}, {"projection_spread": 0.2}], None),  # SupCon's slow start
        ([{"entropy": 4.1585}, {"entropy": 4.1585}], "temperature"),
        ([{"entropy": 4.15}, {"entropy": 4.15}], None),
        ([{"weight_change": 0.2, "rate": 10.0}], "at 10 an update changes the weights by 20 %"),
        ([{"weight_change": 0.03}], None),
        ([{"knn_untrained": 0.5}, {"knn": 0.5, **LATE}], "50.0% of the images after 50%"),
        ([{"knn_untrained": 0.5}, {"knn": 0.51, **LATE}], None),
        ([{"knn_untrained": 0.5}, {"knn": 0.5, **LATE, "updates": 199.0}], None),  # too short
        ([{"knn_untrained": 0.5}, {"knn": 0.5, **LATE, "share": 0.3}], None),  # too early
        ([{"loss": 4.0}, {"loss": 4.003, **LATE}], "loss is where it was"),
        ([{"loss": 4.0}, {"loss": 3.99, **LATE}], None),
        ([{"spread": 0.001, "effective_rank": 1.0, "rank_share": 0.1} | LATE], "complete collapse"),
        ([{"spread": 0.001, "effective_rank": 1.0, "rank_share": 0.1}], None),  # a decoder's start
        ([{"spread": 0.5, "effective_rank": 9.0, "rank_share": 0.1} | LATE], None),
        ([{"loss": 1.0}, {"loss": 1.0}], None),
    ],
)
def test_diagnoses(epochs: list[dict[str, float]], word: str | None) -> None:
    found = [finding.text for finding in diagnose([epoch | {"images": 64} for epoch in epochs])]
    assert len(found) == (word is not None)
    assert word is None or word.replace(" %", "%") in found[0]


def test_means_are_over_the_rows_that_have_a_number() -> None:
    assert means([{"a": 1.0, "b": 2.0}, {"a": 3.0}]) == {"a": 2.0, "b": 2.0}


def test_views() -> None:
    image, large, small = torch.arange(2), torch.rand(2, 3, 8, 8), torch.rand(2, 3, 4, 4)
    assert set(of_views(Batch((large, small), image, image, image))) == {"contrast"}
    assert set(of_views(Batch((large,), image, image, image))) == {"contrast"}
    found = of_views(Batch((large, large + 0.5), image, image, image))
    assert found["view_difference"] == pytest.approx(0.5)
    each = large[:, :, 2:6, 2:6].numpy().std(axis=(2, 3)).mean(1)
    assert found["contrast"] == pytest.approx(min(each), rel=1e-5), "torch's median of two"
    colours = torch.rand(2, 3, 1, 1).expand(2, 3, 8, 8)  # each of one
    assert of_views(Batch((colours,), image, image, image)) == {"contrast": 0.0}


class Still(Method):
    """A method whose weights the test moves."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Linear(3, 4)  # type: ignore[assignment]

    def embed(self, batch: Batch) -> dict[str, torch.Tensor]:
        raise NotImplementedError


def moment(update: int, method: Method, *, updates: int = 90) -> Moment:
    image, views = torch.arange(2), (torch.rand(2, 3, 4, 4), torch.rand(2, 3, 4, 4))
    step = Step(torch.tensor(1.0), torch.zeros(2, 1), {})
    return Moment(update, updates, step, 0.1, method, 2, Batch(views, image, image, image))


def test_turnover_is_the_length_of_one_update_in_those_of_the_weights() -> None:
    method = Still()
    turnover = Turnover(method)
    assert turnover.since(method) == {}, "no update yet"
    before = method.encoder.weight.detach().double().clone()
    for _ in range(4):
        turnover.count()
    with torch.no_grad():
        method.encoder.weight += torch.rand(4, 3)
        method.encoder.bias += 100.0  # no matrix
    after = method.encoder.weight.detach().double()
    expected = ((after - before).norm() / before.norm() / 2).item()
    assert turnover.since(method)["weight_change"] == pytest.approx(expected, rel=1e-5)
    turnover.count()
    assert turnover.since(method)["weight_change"] == 0.0


def alarm(folder: Path, said: list[str], start: int = 0, **how: list[dict[str, float]]) -> Alarm:
    told = Told(folder, said.append, start=start, updates_per_epoch=3)
    return Alarm(told, updates_per_epoch=3, **how)  # type: ignore[arg-type]


def test_each_kind_is_told_once_and_written_down(tmp_path: Path) -> None:
    said: list[str] = []
    watch, method = alarm(tmp_path, said), Still()
    rows = [{"update": i, "projection_spread": 0.14 - 0.01 * (i // 3)} for i in range(12)]
    for row in rows:
        watch.after_update(moment(int(row["update"]), method), row)
    assert [text.split(":")[0] for text in said] == ["collapse"]
    (line,) = (tmp_path / "alarms.jsonl").read_text().splitlines()
    assert json.loads(line) == {"update": 5, "epoch": 2.0, "kind": "collapse", "text": said[0]}


@pytest.mark.parametrize(("start", "again"), [(5, True), (6, False)])
def test_a_run_that_goes_on_knows_its_epochs_and_what_was_told(
    start: int, again: bool, tmp_path: Path
) -> None:
    rows = [{"update": i, "projection_spread": 0.14 - 0.01 * (i // 3)} for i in range(9)]
    method, said = Still(), list[str]()
    first = alarm(tmp_path, [])
    for row in rows[:6]:
        first.after_update(moment(int(row["update"]), method), row)
    second = alarm(tmp_path, said, start, history=rows[:start])
    for row in rows[start:]:
        second.after_update(moment(int(row["update"]), method), row)
    assert len(said) == again, "what was told of updates that are lost is told anew"
    assert len((tmp_path / "alarms.jsonl").read_text().splitlines()) == 1


def test_a_check_is_asked_at_every_update(tmp_path: Path) -> None:
    class Third:
        def see(self, moment: Moment, numbers: object) -> Finding | None:
            return Finding("third", "now") if moment.update == 2 else None

    said: list[tuple[str, int]] = []
    watch = Alarm(
        lambda finding, update: said.append((finding.text, update)),
        updates_per_epoch=10,
        checks=[Third()],
    )
    for update in range(4):
        watch.after_update(moment(update, Still()), {"loss": 1.0})
    assert said == [("now", 2)]
