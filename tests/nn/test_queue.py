"""The ring against a list that is cut."""

import copy

import pytest
import torch

from lookalike.nn.queue import Queue


def counted(first: int, count: int) -> torch.Tensor:
    """Rows of two equal numbers that count from `first` on."""
    return torch.arange(first, first + count)[:, None].expand(-1, 2)


@pytest.mark.parametrize("length", [1, 4, 7])
def test_the_newest_rows_stay_whatever_their_number(length: int) -> None:
    queue, kept, pushed = Queue(counted(-length, length)), list(range(-length, 0)), 0
    for count in (3, 0, 1, 4, 9, 7, 2, 5, 5):
        queue.push(counted(pushed, count))
        pushed += count
        kept = [*kept, *range(pushed - count, pushed)][-length:]
        assert sorted(queue.rows[:, 0].tolist()) == kept
        assert torch.equal(queue.rows[:, 0], queue.rows[:, 1])


def test_rows_take_the_places_of_the_oldest() -> None:
    queue = Queue(torch.zeros(5, dtype=torch.int64))
    for first in (1, 4, 7):
        queue.push(torch.arange(first, first + 3))
    assert queue.rows.tolist() == [6, 7, 8, 9, 5]


def test_a_loss_of_the_old_rows_keeps_its_gradient() -> None:
    queue, weight = Queue(torch.ones(3, 2)), torch.ones(2, requires_grad=True)
    loss = (queue.rows * weight).square().sum()
    queue.push(torch.full((2, 2), 5.0))
    loss.backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [6.0, 6.0]


def test_its_state_is_its_rows_and_its_place() -> None:
    queue = Queue(torch.zeros(4, 2))
    queue.push(torch.ones(3, 2))
    other = Queue(torch.zeros(4, 2))
    other.load_state_dict(copy.deepcopy(queue.state_dict()))
    for ring in (queue, other):
        ring.push(torch.full((2, 2), 2.0))
    assert torch.equal(other.rows, queue.rows)
    assert queue.rows[:, 0].tolist() == [2.0, 1.0, 1.0, 2.0]


def test_nobody_waits_for_the_device() -> None:
    """On the meta device there are no values to wait for."""
    queue = Queue(torch.empty(4, 2, device="meta"))
    queue.push(torch.empty(6, 2, device="meta"))
    assert queue.rows.shape == (4, 2)
