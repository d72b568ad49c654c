"""SimCLR with each loss of its tables 2 and 4."""

import copy

import pytest
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from contract.micro import SIZE, make_batch
from lookalike.methods.simclr import SimCLR
from lookalike.nn.encoder import Encoder
from lookalike.training import large_batch

CASES = [
    ("nt_logistic", "all"),
    ("nt_logistic", "semi-hard"),
    ("triplet", "all"),
    ("triplet", "semi-hard"),
    ("pairwise_margin", "all"),
]


@pytest.fixture(params=CASES, ids="-".join)
def method(request: pytest.FixtureRequest) -> SimCLR:
    torch.manual_seed(0)
    loss, negatives = request.param
    return SimCLR(Encoder("resnet8", SIZE), loss=loss, negatives=negatives, temperature=0.5)


def test_learns_eight_images(method: SimCLR) -> None:
    optimizer = torch.optim.SGD(method.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(40):
        step = method(make_batch())
        step.loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(step.loss.item())
    assert losses[-1] < 0.9 * losses[0]


def test_pieces_equal_the_whole(method: SimCLR) -> None:
    whole, batch = method.double(), make_batch()
    for module in whole.modules():
        if isinstance(module, _BatchNorm):
            module.eval()
    cut = copy.deepcopy(whole)
    batch = batch._replace(views=tuple(view.double() for view in batch.views))
    gradients = []
    for one, piece in ((whole, None), (cut, 3)):
        step, pull = large_batch.step(one, batch, seed=0, piece=piece)
        pull()
        parts = [p.grad.flatten() for p in one.parameters() if p.grad is not None]
        gradients.append((step.loss.detach(), torch.cat(parts)))
    for exact, ours in zip(*gradients, strict=True):
        assert torch.allclose(ours, exact, rtol=1e-9, atol=1e-12)
