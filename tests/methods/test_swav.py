"""SwAV: its head, its codes, and views of several sizes."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from contract.micro import build, make_batch, with_small_views
from lookalike.method import Batch
from lookalike.methods.swav import SwAV
from lookalike.nn.encoder import Encoder
from lookalike.views.filters import taps
from lookalike.views.policy import Crop
from lookalike.views.presets import POLICIES, strength
from losses import slow


@pytest.fixture
def method() -> SwAV:
    method = build("swav")
    assert isinstance(method, SwAV)
    return method


@pytest.fixture
def batch() -> Batch:
    """Two large views and three small ones."""
    return with_small_views(make_batch())


def test_the_head_is_the_official_codes() -> None:
    with torch.device("meta"):
        method = SwAV(Encoder("resnet50"))
    kinds = [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Linear]
    assert [type(layer) for layer in method.projector] == kinds
    shapes = [tuple(layer.weight.shape) for layer in method.projector[::3]]
    assert shapes == [(2048, 2048), (128, 2048)]
    assert method.projector[-1].bias is not None
    assert method.prototypes.weight.shape == (3000, 128)


@pytest.mark.parametrize("views", [2, 5])
def test_the_loss_is_lightlys(method: SwAV, batch: Batch, views: int) -> None:
    lightly = pytest.importorskip("lightly.loss")
    batch = batch._replace(views=batch.views[:views])
    embedded = method.embed(batch)
    scores = list(method.prototypes(embedded["z"]).unbind(1))
    expected = lightly.SwaVLoss()(scores[:2], scores[2:])
    assert torch.allclose(method.compare(embedded, batch).loss, expected, rtol=1e-4)


def test_scores_are_cosines(method: SwAV, batch: Batch) -> None:
    z = method.embed(batch)["z"]
    scores = method.prototypes(z)
    for i, row in enumerate(z[:, 3].tolist()):
        for k, prototype in enumerate(method.prototypes.weight.tolist()):
            expected = slow.dot(slow.unit(row), slow.unit(prototype))
            assert scores[i, 3, k].item() == pytest.approx(expected, abs=1e-6)
    other = copy.deepcopy(method)
    with torch.no_grad():
        other.prototypes.weight.mul_(torch.rand(16, 1) + 0.5)
    assert torch.allclose(other(batch).loss, method(batch).loss, rtol=1e-4)


def test_autocast_leaves_scores_in_float32(method: SwAV, batch: Batch) -> None:
    z = method.embed(batch)["z"]
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(method.prototypes(z), method.prototypes(z.float()))
    assert method.prototypes(z.bfloat16()).dtype == torch.float32


def test_codes_have_no_gradient(method: SwAV) -> None:
    """With two views, the gradient is that of a cross-entropy whose targets are constants."""
    batch = make_batch()
    embedded = method.embed(batch)
    z = embedded["z"].detach().requires_grad_()
    (actual,) = torch.autograd.grad(method.compare(embedded | {"z": z}, batch).loss, z)
    scores = method.prototypes(z)
    codes = method._codes(scores.detach()).flip(1)
    constant = -(codes * (scores / 0.1).log_softmax(2)).sum(2).mean()
    assert torch.allclose(actual, torch.autograd.grad(constant, z)[0], atol=1e-6)


def test_views_go_through_by_size_and_come_out_in_order(method: SwAV, batch: Batch) -> None:
    method.embed(batch)
    norms = [m for m in method.encoder.modules() if isinstance(m, _BatchNorm)]
    assert {int(norm.num_batches_tracked) for norm in norms} == {2}
    method.eval()
    z = method.embed(batch)["z"]
    assert z.shape == (8, 5, 32)
    for i, view in enumerate(batch.views):
        assert torch.allclose(z[:, i], method.projector(method.encoder(view)), atol=1e-6)


def test_small_views_are_never_assigned(method: SwAV, batch: Batch) -> None:
    """A small view has no part in what the others are to predict."""
    method.eval()
    scores = method.prototypes(method.embed(batch)["z"]).detach()
    spoilt = torch.cat([scores[:, :2], torch.rand_like(scores[:, 2:])], dim=1)
    entropies = []
    for these in (scores, spoilt):
        codes = method._codes(these[:, :2])
        entropies.append(-(codes * codes.log()).sum(2).mean().item())
    assert entropies[0] == entropies[1]
    assert method(batch).numbers["assignment_entropy"].item() == pytest.approx(
        entropies[0], rel=1e-5
    )


def test_the_views_are_the_official_codes() -> None:
    first, second, *small = POLICIES["swav"]
    assert first == second
    assert len(small) == 6
    for policy, size, area in ((first, 224, (0.14, 1.0)), (small[0], 96, (0.05, 0.14))):
        assert (policy.size, policy.crop) == (size, Crop(area=area, interpolation="bilinear"))
        assert (policy.jitter, policy.flip, policy.drop) == (strength(1.0), 0.5, 0.2)
        assert policy.blur is not None
        assert (policy.blur.probability, taps(policy.blur, size)) == (0.5, 23)
        assert policy.normalize is not None
