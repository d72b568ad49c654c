"""Methods whose loss is a mean over images are embedded once, piece by piece."""

import copy

import pytest
import torch
from torch import nn

from contract.micro import SIZE, make_batch
from lookalike.method import Batch, Embedded, Method
from lookalike.nn.encoder import Encoder
from lookalike.training import large_batch


class Brightness(Method):
    """Learns how bright an image is."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder = Encoder("resnet8", SIZE)
        self.head = nn.Linear(self.encoder.features, 1)
        self.embedded: list[int] = []

    def embed(self, batch: Batch) -> Embedded:
        self.embedded.append(len(batch.image))
        features = self.encoder(batch.views[0])
        away = self.head(features)[:, 0] - batch.views[0].mean((1, 2, 3))
        return {"features": features, "loss": away.square()}


@pytest.fixture
def method() -> Brightness:
    made = Brightness()
    made.encoder.eval()
    return made


@pytest.mark.parametrize("piece", [1, 3, 7])
def test_pieces_are_the_whole_and_embedded_once(method: Brightness, piece: int) -> None:
    whole, batch = method.double(), make_batch()
    cut = copy.deepcopy(whole)
    batch = batch._replace(views=tuple(view.double() for view in batch.views))
    exact, pull = large_batch.step(whole, batch, seed=0)
    pull()
    step, pull = large_batch.step(cut, batch, seed=0, piece=piece)
    pull()
    assert sum(cut.embedded) == 8
    assert max(cut.embedded) <= piece
    assert torch.allclose(step.loss, exact.loss, rtol=1e-12)
    assert torch.allclose(step.features, exact.features)
    for ours, theirs in zip(cut.parameters(), whole.parameters(), strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        assert torch.allclose(ours.grad, theirs.grad, rtol=1e-9, atol=1e-12)


def test_under_autocast_pieces_differ_by_rounding_only(method: Brightness) -> None:
    other = copy.deepcopy(method)
    with torch.autocast("cpu", torch.bfloat16):
        large_batch.step(method, make_batch(), seed=0, piece=4)
        _, pull = large_batch.step(other, make_batch(), seed=0)
    pull()
    for ours, theirs in zip(method.parameters(), other.parameters(), strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        scale = theirs.grad.abs().max().clamp(min=1e-6)
        assert (ours.grad - theirs.grad).abs().max() < 0.02 * scale
