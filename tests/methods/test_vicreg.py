"""VICReg: its head, its views, and that it compares them as the official code does."""

import pytest
import torch
from torch import nn

from contract.micro import build, make_batch
from lookalike.methods.vicreg import VICReg
from lookalike.nn.encoder import Encoder
from lookalike.views.policy import Crop
from lookalike.views.presets import POLICIES


def test_the_expander_has_three_layers_of_8192() -> None:
    with torch.device("meta"):
        projector = VICReg(Encoder("resnet50")).projector
    linear = [layer for layer in projector.modules() if isinstance(layer, nn.Linear)]
    assert [tuple(layer.weight.shape) for layer in linear] == [(8192, 2048), *[(8192, 8192)] * 2]
    assert isinstance(projector[-1], nn.Linear)
    assert projector[-1].bias is None


def test_the_loss_is_lightlys() -> None:
    lightly = pytest.importorskip("lightly.loss")
    method, batch = build("vicreg"), make_batch()
    z = method.embed(batch)["z"]
    expected = lightly.VICRegLoss()(z[:, 0], z[:, 1])
    assert torch.allclose(method(batch).loss, expected, rtol=1e-5)


@pytest.mark.parametrize("weight", ["invariance", "variance", "covariance"])
def test_each_weight_scales_its_own_part(weight: str) -> None:
    """The three parts alone add up to the whole."""
    batch, none = make_batch(), dict.fromkeys(("invariance", "variance", "covariance"), 0.0)
    part = build("vicreg", **(none | {weight: 1.0}))(batch).loss
    doubled = build("vicreg", **(none | {weight: 2.0}))(batch).loss
    others = {"invariance": 1.0, "variance": 1.0, "covariance": 1.0}
    whole = build("vicreg", **others)(batch).loss
    without = build("vicreg", **(others | {weight: 0.0}))(batch).loss
    assert part > 0
    assert torch.allclose(doubled, 2 * part)
    assert torch.allclose(whole - without, part, rtol=1e-4)


def test_batch_norm_never_mixes_the_views() -> None:
    method, batch = build("vicreg"), make_batch()
    other = batch._replace(views=(batch.views[0], torch.rand_like(batch.views[1])))
    one, two = method.embed(batch), method.embed(other)
    assert torch.equal(one["z"][:, 0], two["z"][:, 0])
    assert not torch.allclose(one["z"][:, 1], two["z"][:, 1])


def test_the_views_are_the_official_codes() -> None:
    first, second = POLICIES["vicreg"]
    assert first == second
    assert first.crop == Crop(area=(0.08, 1.0), interpolation="bicubic")
    assert first.blur is not None
    assert first.solarize is not None
    assert (first.blur.probability, first.solarize.probability) == (0.5, 0.1)
