"""DINO: its head, its centre, its target, and views of several sizes."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from contract.micro import SIZE, build, make_batch, with_small_views
from lookalike.losses.clusters import sharpened
from lookalike.method import Batch
from lookalike.methods.dino import DINO
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import gelu_mlp
from lookalike.nn.target import rising
from lookalike.views.filters import taps
from lookalike.views.policy import Crop
from lookalike.views.presets import POLICIES


@pytest.fixture
def method() -> DINO:
    method = build("dino")
    assert isinstance(method, DINO)
    return method


@pytest.fixture
def batch() -> Batch:
    """Two large views and three small ones."""
    return with_small_views(make_batch())


def test_the_head_is_section_3_1s() -> None:
    with torch.device("meta"):
        method = DINO(Encoder("vit_small_patch16_224"))
    shapes = [tuple(m.weight.shape) for m in method.projector if isinstance(m, nn.Linear)]
    assert shapes == [(2048, 384), (2048, 2048), (256, 2048)]
    assert [type(m) for m in method.projector] == [*[nn.Linear, nn.GELU] * 2, nn.Linear]
    assert method.prototypes.weight.shape == (65536, 256)


def test_the_head_starts_as_the_official_codes() -> None:
    first, _, last = gelu_mlp(300, 200, 100)
    for layer in (first, last):
        assert isinstance(layer, nn.Linear)
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
        assert layer.bias.abs().sum() == 0


def test_two_updates_of_loss_and_centre_are_lightlys(method: DINO, batch: Batch) -> None:
    lightly = pytest.importorskip("lightly.loss")
    theirs = lightly.DINOLoss(32)
    for _ in range(2):
        embedded = method.embed(batch)
        seen, scores = method.target_prototypes(embedded["t"]), method.prototypes(embedded["z"])
        expected = theirs(list(seen.unbind(1)), list(scores.unbind(1)))
        assert torch.allclose(method.compare(embedded, batch).loss, expected, rtol=1e-5)
        assert torch.allclose(method.centre, theirs.center.flatten(), atol=1e-7)
        assert method.centre.abs().sum() > 0
        batch = batch._replace(views=tuple(view.flip(0).square() for view in batch.views))


def test_the_centre_moves_by_equation_4_and_only_while_training(method: DINO, batch: Batch) -> None:
    before = torch.randn(32)
    method.centre.copy_(before)
    embedded = method.embed(batch)
    method.compare(embedded, batch)
    mean = method.target_prototypes(embedded["t"]).flatten(0, 1).mean(0)
    assert torch.allclose(method.centre, 0.9 * before + 0.1 * mean, atol=1e-6)
    after = method.centre.clone()
    method.eval()(batch)
    assert torch.equal(method.centre, after)


def test_only_targets_that_are_the_same_are_a_collapse(method: DINO, batch: Batch) -> None:
    embedded = method.embed(batch)
    near = embedded["t"][:1] + 0.05 * torch.randn_like(embedded["t"])
    method.target_temperature = 1e-3  # tells apart what is near
    assert method.compare(embedded | {"t": near}, batch).numbers["projection_spread"] > 0.3
    method.target_temperature = 1e3
    assert method.compare(embedded, batch).numbers["projection_spread"] < 0.01


def test_views_go_through_by_size_and_come_out_in_order(method: DINO, batch: Batch) -> None:
    method.embed(batch)
    passes = [
        [int(m.num_batches_tracked) for m in part.modules() if isinstance(m, _BatchNorm)]
        for part in (method.encoder, method.target)
    ]
    assert [set(each) for each in passes] == [{2}, {1}]
    method.eval()
    z = method.embed(batch)["z"]
    assert z.shape == (8, 5, 32)
    for i, view in enumerate(batch.views):
        assert torch.allclose(z[:, i], method.projector(method.encoder(view)), atol=1e-6)


def test_the_target_sees_the_large_views_only(method: DINO, batch: Batch) -> None:
    large, small = batch.views[:2], tuple(view.flip(0) for view in batch.views[2:])
    t = method.embed(batch)["t"]
    assert t.shape == (8, 2, 32)
    assert torch.equal(method.embed(batch._replace(views=(*large, *small)))["t"], t)
    assert torch.equal(method.embed(batch._replace(views=large))["t"], t)
    swapped = method.embed(batch._replace(views=large[::-1]))["t"]
    assert torch.allclose(swapped, t.flip(1), atol=1e-6)


def test_a_vision_transformer_takes_small_views(batch: Batch) -> None:
    encoder = Encoder("vit_tiny_patch16_224", SIZE, patch=4, depth=1)
    method = DINO(encoder, hidden=32, bottleneck=16, prototypes=8)
    step = method(batch)
    step.loss.backward()
    assert step.features.shape == (8, encoder.features)
    assert step.features.untyped_storage().nbytes() == step.features.numel() * 4


def test_the_target_follows_in_all_its_parts(method: DINO) -> None:
    def parameters(*parts: nn.Module) -> list[Tensor]:
        return [p.detach().clone() for part in parts for p in part.parameters()]

    with torch.no_grad():
        for part in (method.encoder, method.projector, method.prototypes):
            for p in part.parameters():
                p.add_(torch.randn_like(p))
    online = parameters(method.encoder, method.projector, method.prototypes)
    for progress in (0.0, 0.5, 1.0):
        before = parameters(method.target, method.target_prototypes)
        method.after_update(progress)
        decay = rising(0.996, progress)
        after = parameters(method.target, method.target_prototypes)
        for ours, old, new in zip(after, before, online, strict=True):
            assert torch.allclose(ours, decay * old + (1 - decay) * new, atol=1e-6)


def test_prototypes_have_no_length(method: DINO, batch: Batch) -> None:
    other = copy.deepcopy(method)
    with torch.no_grad():
        other.prototypes.weight.mul_(torch.rand(32, 1) + 0.5)
    assert torch.allclose(other(batch).loss, method(batch).loss, rtol=1e-5)


def test_predictions_beat_every_constant_one(method: DINO) -> None:
    """With a settled centre and a fixed target, a network learns what the target sees in each image.

    The centre starts at 0, so at first the loss itself is low and rises as the centre settles.
    """
    batch = make_batch()
    with torch.no_grad():
        for _ in range(80):
            method(batch)
        seen = method.target_prototypes(method.embed(batch)["t"])
        targets = sharpened(seen, method.centre, 0.04).flatten(0, 1)
        entropy = torch.special.entr(targets).sum(1).mean()
        best_constant = torch.special.entr(targets.mean(0)).sum() - entropy
    optimizer = torch.optim.Adam(method.parameters(), lr=3e-3)
    for _ in range(40):
        step = method(batch)
        step.loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert 0 < step.loss - step.numbers["assignment_entropy"] < best_constant


def test_the_views_are_the_official_codes() -> None:
    first, second, *small = POLICIES["dino"]
    assert len(small) == 8
    rows = []
    for policy in (first, second, small[0]):
        assert isinstance(policy.crop, Crop)
        assert policy.blur is not None
        assert taps(policy.blur, policy.size) == 23
        solarize = policy.solarize.probability if policy.solarize else 0.0
        rows.append((policy.size, policy.crop.area, policy.blur.probability, solarize))
    assert rows == [
        (224, (0.4, 1.0), 1.0, 0.0),
        (224, (0.4, 1.0), 0.1, 0.2),
        (96, (0.05, 0.4), 0.5, 0.0),
    ]
