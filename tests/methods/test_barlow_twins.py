"""Barlow Twins: its head, its views, and that it compares them as the official code does."""

import pytest
import torch
from torch import nn

from contract.micro import build, make_batch
from lookalike.methods.barlow_twins import BarlowTwins
from lookalike.nn.encoder import Encoder
from lookalike.views.policy import Crop
from lookalike.views.presets import POLICIES


def test_the_projector_is_section_2_2s() -> None:
    with torch.device("meta"):
        projector = BarlowTwins(Encoder("resnet50")).projector
    linear = [layer for layer in projector.modules() if isinstance(layer, nn.Linear)]
    assert [tuple(layer.weight.shape) for layer in linear] == [(8192, 2048), *[(8192, 8192)] * 2]
    assert all(layer.bias is None for layer in linear)
    assert [type(layer).__name__ for layer in projector[1:4]] == ["BatchNorm1d", "ReLU", "Linear"]
    assert isinstance(projector[-1], nn.Linear)


def test_the_loss_is_lightlys() -> None:
    lightly = pytest.importorskip("lightly.loss")
    method, batch = build("barlow-twins"), make_batch()
    z = method.embed(batch)["z"]
    expected = lightly.BarlowTwinsLoss(0.0051)(z[:, 0], z[:, 1])
    assert torch.allclose(method(batch).loss, expected, rtol=1e-5)


def test_batch_norm_never_mixes_the_views() -> None:
    method, batch = build("barlow-twins"), make_batch()
    other = batch._replace(views=(batch.views[0], torch.rand_like(batch.views[1])))
    one, two = method.embed(batch), method.embed(other)
    assert torch.equal(one["z"][:, 0], two["z"][:, 0])
    assert not torch.allclose(one["z"][:, 1], two["z"][:, 1])


def test_the_views_are_the_official_codes() -> None:
    rows = []
    for policy in POLICIES["barlow-twins"]:
        assert policy.crop == Crop(area=(0.08, 1.0), interpolation="bicubic")
        assert policy.jitter is not None
        assert policy.blur is not None
        strengths = [getattr(policy.jitter, name) for name in ("brightness", "saturation", "hue")]
        solarize = policy.solarize.probability if policy.solarize else 0.0
        rows.append((policy.size, *strengths, policy.drop, policy.blur.probability, solarize))
    assert rows == [(224, 0.4, 0.2, 0.1, 0.2, 1.0, 0.0), (224, 0.4, 0.2, 0.1, 0.2, 0.1, 0.2)]
