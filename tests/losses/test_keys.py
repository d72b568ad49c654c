"""InfoNCE against slow loops in float64 and lightly, and SimSiam's loss."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lookalike.losses import keys as module
from lookalike.losses.cosine import negative_cosine
from lookalike.losses.inputs import unit
from lookalike.losses.keys import info_nce_in_batch, info_nce_with_queue, nearest
from lookalike.nn.queue import Queue
from losses import slow
from losses.cases import many, normal, seeds, temperatures

sizes = st.integers(1, 6)


@many
@given(images=sizes, width=st.integers(2, 6), temperature=temperatures, seed=seeds, data=st.data())
def test_in_batch_agrees_with_the_slow_loop(
    images: int, width: int, temperature: float, seed: int, data: st.DataObject
) -> None:
    query, keys = normal(2, images, width, seed=seed)
    start = data.draw(st.integers(0, images - 1))
    actual = info_nce_in_batch(query[start:], keys, temperature, start).tolist()
    expected = []
    for i in range(start, images):
        q, every = slow.rows(query)[i], slow.rows(keys)
        scores = [slow.dot(q, k) / temperature for k in every]
        expected.append(slow.logsumexp(scores) - scores[i])
    assert actual == pytest.approx(expected, rel=1e-10, abs=1e-10)


@many
@given(images=sizes, length=sizes, temperature=temperatures, seed=seeds)
def test_with_queue_agrees_with_the_slow_loop(
    images: int, length: int, temperature: float, seed: int
) -> None:
    query, key = normal(2, images, 3, seed=seed)
    queue = unit(normal(length, 3, seed=seed + 1))
    actual = info_nce_with_queue(query, key, queue, temperature).tolist()
    expected = []
    for q, k in zip(slow.rows(query), slow.rows(key), strict=True):
        scores = [slow.dot(q, row) / temperature for row in (k, *slow.rows(queue))]
        expected.append(slow.logsumexp(scores) - scores[0])
    assert actual == pytest.approx(expected, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("temperature", [0.07, 0.2])
def test_loss_and_queue_equal_lightlys_over_several_batches(temperature: float) -> None:
    lightly = pytest.importorskip("lightly.loss", reason="lightly is not installed")
    theirs = lightly.NTXentLoss(temperature, memory_bank_size=(12, 4))
    queue = Queue(theirs.memory_bank.bank.clone())
    for batch in range(7):
        query, key = normal(2, 4, 4, seed=batch).float()
        expected = theirs(query.requires_grad_(), key)  # it pushes where there are gradients
        actual = info_nce_with_queue(query, key, queue.rows, temperature).mean()
        queue.push(unit(key))
        assert torch.allclose(actual, expected, rtol=1e-5)
        ours, other = (torch.autograd.grad(loss, query)[0] for loss in (actual, expected))
        assert torch.allclose(ours, other, rtol=1e-4, atol=1e-6)


def test_gradients() -> None:
    query, key, queue = normal(3, 4, 3, seed=0)
    both = (query[:3].requires_grad_(), key.requires_grad_())
    assert torch.autograd.gradcheck(lambda q, k: info_nce_in_batch(q, k, 0.5, 1), both)
    queued = (query[:3], key[:3])
    assert torch.autograd.gradcheck(
        lambda q, k: info_nce_with_queue(q, k, unit(queue), 0.5), queued
    )


def test_nearest_is_the_greatest_cosine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 3)
    rows, keys = 5 * normal(10, 4, seed=0), unit(normal(20, 4, seed=1))
    cosines = [[slow.dot(r, k) for k in slow.rows(keys)] for r in slow.rows(rows)]
    expected = [row.index(max(row)) for row in cosines]
    assert nearest(rows, keys).tolist() == expected
    assert len(set(expected)) > 3


@many
@given(images=sizes, width=st.integers(2, 6), seed=seeds)
def test_negative_cosine_agrees_with_the_slow_loop(images: int, width: int, seed: int) -> None:
    p, z = normal(2, images, width, seed=seed)
    expected = [-slow.dot(a, b) for a, b in zip(slow.rows(p), slow.rows(z), strict=True)]
    assert negative_cosine(p, z).tolist() == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_negative_cosine_equals_lightlys() -> None:
    lightly = pytest.importorskip("lightly.loss", reason="lightly is not installed")
    p, z = normal(2, 6, 5, seed=0)
    theirs = lightly.NegativeCosineSimilarity()(p, z)
    assert torch.allclose(negative_cosine(p, z).mean(), theirs, rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_float32_at_least_even_inside_autocast(dtype: torch.dtype) -> None:
    low = normal(3, 12, 32, seed=0).to(dtype)
    query, key, queue = low.float()
    queue = unit(queue)
    exact = (
        info_nce_in_batch(query, key, 0.1),
        info_nce_with_queue(query, key, queue, 0.1),
        negative_cosine(query, key),
        nearest(query, queue),
    )
    with torch.autocast("cpu", torch.bfloat16):
        inside = (
            info_nce_in_batch(low[0], low[1], 0.1),
            info_nce_with_queue(low[0], low[1], queue, 0.1),
            negative_cosine(low[0], low[1]),
            nearest(low[0], queue),
        )
    for one, other in zip(exact, inside, strict=True):
        assert torch.equal(one, other)
