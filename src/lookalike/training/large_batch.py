"""A batch in pieces: the gradient of the whole on a machine that holds only a part.

Gradient caching (Gao et al. 2021): embed every piece without a graph, compare the whole once, then
embed each piece again with a graph and send the comparison's gradient through it. A method whose loss
is a mean over images needs no comparison, so its pieces are embedded once (gradient accumulation).
Exact for encoders without batch norm or with frozen batch norm; otherwise batch norm sees the piece.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from lookalike import distributed
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.randomness import number
from lookalike.training.sharding import hold_gradients

Pull = Callable[[], None]


def step(method: Method, batch: Batch, *, seed: int, piece: int | None = None) -> tuple[Step, Pull]:
    """The method's step on a batch, and the function that sends its gradient to the weights.

    The two are apart so that the loop can look at the loss before any gradient exists.

    Args:
        method: in training mode.
        batch: n images.
        seed: of this update; torch's generator is set from it before each `embed`, so dropout is a
            function of the update and the piece, the same in both passes.
        piece: images embedded at once at most, or None for all.
    """
    count = 1 if piece is None else -(-distributed.most_rows(batch.image) // piece)
    if count == 1:
        torch.manual_seed(number(seed, 0))
        result = method(batch)
        return result, result.loss.backward
    pieces = _cut(batch, count)
    if method.averages:
        return _accumulate(method, batch, pieces, seed), _nothing
    with torch.no_grad(), _still_statistics(method):
        parts = [_embed(method, part, seed, i) for i, part in enumerate(pieces)]
    whole = _join(parts)
    result = method.compare(whole, batch)

    def pull() -> None:
        result.loss.backward()
        first = 0
        for i, part in enumerate(pieces):
            hold_gradients(method, i + 1 < count)
            _pull_piece(_embed(method, part, seed, i), whole, first)
            first += len(part.image)

    return result, pull


def _accumulate(method: Method, batch: Batch, pieces: list[Batch], seed: int) -> Step:
    """The gradient at once, piece by piece: a mean's shares do not depend on each other."""
    parts = []
    total = distributed.total_rows(batch.image)
    for i, part in enumerate(pieces):
        hold_gradients(method, i + 1 < len(pieces))
        embedded = _embed(method, part, seed, i)
        # The loop's autocast is for the forward pass alone.
        with torch.autocast(batch.image.device.type, enabled=False):
            (embedded["loss"].sum() / total).backward()
        parts.append({name: tensor.detach() for name, tensor in embedded.items()})
    return method.compare({name: torch.cat([p[name] for p in parts]) for name in parts[0]}, batch)


def _nothing() -> None:
    """The gradient is there already."""


def _cut(batch: Batch, count: int) -> list[Batch]:
    """So many pieces of nearly equal size; the same number on every process."""
    views = zip(*(view.tensor_split(count) for view in batch.views), strict=True)
    others = (rows.tensor_split(count) for rows in (batch.image, batch.label, batch.key))
    return [Batch(*piece) for piece in zip(views, *others, strict=True)]


def _embed(method: Method, part: Batch, seed: int, piece: int) -> Embedded:
    torch.manual_seed(number(seed, piece))
    return method.embed(part)


def _join(parts: list[Embedded]) -> Embedded:
    """The whole batch's tensors, as leaves that collect the comparison's gradient."""
    whole = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    for name, tensor in whole.items():
        tensor.requires_grad_(tensor.is_floating_point() and name != "features")
    return whole


def _pull_piece(part: Embedded, whole: Embedded, first: int) -> None:
    tensors, gradients = [], []
    for name, tensor in part.items():
        gradient = whole[name].grad
        if tensor.requires_grad and gradient is not None:
            tensors.append(tensor)
            gradients.append(gradient[first : first + len(tensor)])
    torch.autograd.backward(tensors, gradients)


@contextmanager
def _still_statistics(method: Method) -> Iterator[None]:
    """Batch-norm statistics move in the second pass only."""
    norms = [
        m
        for m in method.modules()
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats
    ]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True
