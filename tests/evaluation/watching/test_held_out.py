"""The online probe: it learns beside the method, leaves it alone, and goes on after a stop."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lookalike.evaluation.watching.held_out import OnlineProbe
from lookalike.method import Batch, Step
from lookalike.training import checkpoint
from lookalike.training.monitors import Moment


def _moment(update: int, *, unlabelled: int = 0) -> Moment:
    generator = torch.Generator().manual_seed(update)
    label = torch.arange(32) % 4
    features = torch.randn(32, 6, generator=generator) + 3 * torch.eye(4, 6)[label]
    label[:unlabelled] = -1
    number = torch.arange(32)
    batch = Batch((torch.zeros(32, 1, 4, 4),), number, label, number)
    step = Step(torch.zeros(()), 50 * features, {})
    return Moment(update, 100, step, 0.1, nn.Identity(), 32, batch)  # type: ignore[arg-type]


def _trained(updates: int) -> OnlineProbe:
    probe = OnlineProbe(6, 4)
    for update in range(updates):
        probe.after_update(_moment(update), {})
    return probe


def test_it_learns_whatever_the_scale_of_the_features() -> None:
    moment = _moment(999)
    values, label = moment.step.features, moment.batch.label
    assert _trained(0).accuracy(values, label) == pytest.approx(0.25)
    assert _trained(60).accuracy(values, label) > 0.95


def test_one_step_is_that_of_a_loop() -> None:
    probe, moment = _trained(1), _moment(0)
    x = moment.step.features.double()
    x = (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()
    weight = torch.zeros(4, 6, dtype=torch.float64, requires_grad=True)
    cross_entropy(x @ weight.T, moment.batch.label).backward()
    assert weight.grad is not None
    assert torch.allclose(probe.classifier.weight.double(), -0.05 * weight.grad, atol=1e-6)


def test_images_without_a_label_teach_nothing() -> None:
    probe = OnlineProbe(6, 4)
    probe.after_update(_moment(0, unlabelled=32), {})
    assert probe.classifier.weight.abs().max() == 0
    probe.after_update(_moment(0, unlabelled=8), {})
    assert probe.classifier.weight.isfinite().all()
    assert probe.classifier.weight.abs().max() > 0


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    method = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(method.parameters(), lr=0.1)
    half = _trained(10)
    checkpoint.save(tmp_path, 10, method, optimizer, beside={"probe": (half, half.optimizer)})
    again = OnlineProbe(6, 4)
    assert (
        checkpoint.restore(tmp_path, method, optimizer, beside={"probe": (again, again.optimizer)})
        == 10
    )
    for update in range(10, 20):
        again.after_update(_moment(update), {})
    whole = _trained(20)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
