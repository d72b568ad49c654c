"""MoCo v2: loss, queue and target of its algorithm."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from contract.micro import build, make_batch
from distributed.processes import run
from lookalike.losses.inputs import unit
from lookalike.method import Batch
from losses import slow
from methods.queues import NoWaiting, double, rows_of, work


def test_loss_agrees_with_the_slow_loop_and_knows_old_keys_only() -> None:
    method: Any = double("moco")
    batch = rows_of(make_batch(), slice(None))
    with torch.no_grad():
        query = method.projector(method.encoder(batch.views[0]))
        key = method.target(batch.views[1])
    negatives, losses = slow.rows(method.queue.rows, normalize=False), []
    for q, k in zip(slow.rows(query), slow.rows(key), strict=True):
        scores = [slow.dot(q, row) / 0.2 for row in (k, *negatives)]
        losses.append(slow.logsumexp(scores) - scores[0])
    assert method(batch).loss.item() == pytest.approx(sum(losses) / 8, rel=1e-10)


def test_keys_of_the_second_view_enter_the_queue_while_training() -> None:
    method: Any = double("moco", queue=11)
    batch = rows_of(make_batch(), slice(None))
    first = method.queue.rows.clone()
    assert torch.allclose(first.norm(dim=1), torch.ones(11, dtype=torch.float64))
    keys = unit(method.target(batch.views[1]))
    method.eval()(batch)
    assert torch.equal(method.queue.rows, first)
    batch_norms_stay = [module for module in method.modules() if isinstance(module, _BatchNorm)]
    method.train()
    for module in batch_norms_stay:
        module.eval()
    method(batch)
    assert torch.allclose(method.queue.rows, torch.cat([keys, first[8:]]))
    method(batch)
    assert torch.allclose(method.queue.rows, torch.cat([keys[3:], keys[5:], keys[:3]]))


def test_the_target_follows_at_a_constant_pace() -> None:
    method: Any = build("moco", target_decay=0.9)
    online = [*method.encoder.parameters(), *method.projector.parameters()]
    before = [p.clone() for p in method.target.parameters()]
    assert all(torch.equal(p, o) for p, o in zip(before, online, strict=True))
    for parameter in online:
        torch.nn.init.normal_(parameter)
    for update, progress in enumerate((0.0, 0.5, 0.99), 1):
        method.after_update(progress)
        for now, start, o in zip(method.target.parameters(), before, online, strict=True):
            expected = 0.9**update * start + (1 - 0.9**update) * o
            assert torch.allclose(now, expected, rtol=1e-5, atol=1e-6)
    assert not any(p.requires_grad for p in method.target.parameters())


def test_the_head_of_the_first_version_is_linear() -> None:
    first: Any = build("moco", projector="linear")
    second: Any = build("moco")
    names = [type(m).__name__ for m in second.projector]
    assert [type(m).__name__ for m in first.projector] == ["Linear"]
    assert names == ["Linear", "ReLU", "Linear"]
    assert all(m.bias is not None for m in second.projector if hasattr(m, "bias"))


def test_learns_to_tell_images_from_those_in_the_queue() -> None:
    """64 images in turns, so that the queue of 32 never holds an older key of the same image."""
    method: Any = build("moco", target_decay=0.9)
    optimizer = torch.optim.Adam(method.parameters(), lr=3e-3)
    images, losses = make_batch(64), []
    for update in range(80):
        rows = slice(update * 8 % 64, update * 8 % 64 + 8)
        views = (images.views[0][rows], images.views[1][rows])
        batch = Batch(views, images.image[rows], images.label[rows], images.key[rows])
        step = method(batch)
        step.loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        method.after_update(update / 80)
        losses.append(step.loss.item())
    assert sum(losses[-8:]) < 0.8 * sum(losses[4:12])  # the random rows are gone after four


@pytest.mark.parametrize("name", ["moco", "nnclr"])
@pytest.mark.parametrize("piece", [None, 2])
def test_processes_and_pieces_leave_the_same_queue(
    name: str, piece: int | None, tmp_path: Path
) -> None:
    """13 places for 16 images: the second batch goes round."""
    expected = work(0, name, {"queue": 13}, [8], None)
    for actual in run("methods.queues:work", 2, tmp_path, name, {"queue": 13}, [5, 3], piece):
        assert actual.keys() == expected.keys()
        for part, rows in expected.items():
            assert torch.allclose(torch.tensor(actual[part]), torch.tensor(rows), rtol=1e-9), part


def test_nobody_waits_for_the_device() -> None:
    method, batch = build("moco"), make_batch()
    with NoWaiting():
        method(batch).loss.backward()
