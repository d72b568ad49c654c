"""NNCLR: its pseudo-code term by term, and the support set."""

import math
from typing import Any

import pytest
import torch

from contract.micro import build, make_batch
from lookalike.losses.inputs import unit
from losses import slow
from losses.slow import Row
from methods.queues import NoWaiting, double, rows_of


def filled(**settings: Any) -> Any:
    """A method whose support set holds the images of another batch, and random rows."""
    method = double("nnclr", **settings)
    other = make_batch(20)
    method(rows_of(other, slice(None)))
    return method


def nearest(z: Row, support: list[Row]) -> int:
    cosines = [slow.dot(z, q) for q in support]
    return cosines.index(max(cosines))


def slow_loss(near: list[Row], prediction: list[Row]) -> float:
    losses = []
    for i, n in enumerate(near):
        scores = [slow.dot(n, p) / 0.1 for p in prediction]
        losses.append(slow.logsumexp(scores) - scores[i])
    return math.fsum(losses) / len(losses)


def test_loss_and_neighbours_agree_with_the_slow_loop() -> None:
    method = filled()
    batch = rows_of(make_batch(), slice(None))
    with torch.no_grad():
        z = [method.projector(method.encoder(view)) for view in batch.views]
        p1, p2 = (slow.rows(method.predictor(rows)) for rows in z)
    support, label = (
        slow.rows(method.support.rows, normalize=False),
        method.support_label.rows.tolist(),
    )
    found = [[nearest(row, support) for row in slow.rows(rows)] for rows in z]
    near1, near2 = ([support[i] for i in places] for places in found)
    assert len(set(found[0])) > 1
    step = method(batch)
    expected = slow_loss(near1, p2) / 2 + slow_loss(near2, p1) / 2
    assert step.loss.item() == pytest.approx(expected, rel=1e-10)
    same = [label[i] == own for i, own in zip(found[0], batch.label.tolist(), strict=True)]
    assert step.numbers["same_class_neighbours"].item() == pytest.approx(sum(same) / 8)


def test_projections_of_the_first_view_and_labels_enter_the_support_set() -> None:
    method: Any = double("nnclr", queue=11)
    batch = rows_of(make_batch(), slice(None))
    z1 = unit(method.projector(method.encoder(batch.views[0])))
    before = method.support.rows.clone()
    method(batch)
    assert torch.allclose(method.support.rows, torch.cat([z1, before[8:]]))
    assert method.support_label.rows.tolist() == [0, 1] * 4 + [-1] * 3
    state = {name: value.clone() for name, value in method.state_dict().items()}
    method.eval()(batch)
    assert all(torch.equal(value, state[name]) for name, value in method.state_dict().items())


def test_only_labelled_images_count() -> None:
    method = filled()
    batch = rows_of(make_batch(), slice(None))
    nobody = batch._replace(label=torch.full_like(batch.label, -1))
    assert method.eval()(nobody).numbers["same_class_neighbours"].isnan()
    one = nobody._replace(label=nobody.label.index_fill(0, torch.tensor([0]), 0))
    assert method(one).numbers["same_class_neighbours"].item() in (0.0, 1.0)


def test_gradients_flow_through_predictions_alone() -> None:
    method = filled()
    batch = rows_of(make_batch(), slice(None))
    embedded = method.embed(batch)
    assert not embedded["z"].requires_grad
    embedded["p"].retain_grad()
    method.compare(embedded, batch).loss.backward()
    assert (embedded["p"].grad.flatten(2).norm(dim=2) > 0).all()
    assert method.projector[0].weight.grad.abs().sum() > 0


def test_nobody_waits_for_the_device() -> None:
    method, batch = build("nnclr"), make_batch()
    with NoWaiting():
        method(batch).loss.backward()
