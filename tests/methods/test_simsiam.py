"""SimSiam against lightly's loss, and what its table 1 takes away."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from contract.micro import build, make_batch
from lookalike.method import Method


def gradients(method: Method) -> list[Tensor]:
    """Those of the encoder, in evaluation mode and float64."""
    batch = make_batch()
    batch = batch._replace(views=tuple(view.double() for view in batch.views))
    loss = method.double().eval()(batch).loss
    return list(torch.autograd.grad(loss, list(method.encoder.parameters())))


def linear(method: Method, head: str) -> list[tuple[int, int, bool]]:
    layers = [m for m in method.get_submodule(head).modules() if isinstance(m, nn.Linear)]
    return [(m.in_features, m.out_features, m.bias is not None) for m in layers]


def test_loss_equals_lightlys() -> None:
    lightly = pytest.importorskip("lightly.loss", reason="lightly is not installed")
    method: Any = build("simsiam").eval()
    batch, distance = make_batch(), lightly.NegativeCosineSimilarity()
    z1, z2 = (method.projector(method.encoder(view)) for view in batch.views)
    p1, p2 = method.predictor(z1), method.predictor(z2)
    expected = (distance(p1, z2.detach()) + distance(p2, z1.detach())) / 2
    assert torch.allclose(method(batch).loss, expected, rtol=1e-5)


def test_heads_of_the_official_code() -> None:
    full = {"hidden": 2048, "outputs": 2048, "predictor_hidden": 512}
    method: Any = build("simsiam", **full)
    d = method.encoder.features
    assert linear(method, "projector") == [
        (d, 2048, False),
        (2048, 2048, False),
        (2048, 2048, False),
    ]
    assert linear(method, "predictor") == [(2048, 512, False), (512, 2048, True)]
    norms = [m.affine for m in method.projector if isinstance(m, nn.BatchNorm1d)]
    assert norms == [True, True, False]
    assert len(linear(build("simsiam", projector_layers=2), "projector")) == 2


@pytest.mark.parametrize("stop_gradient", [True, False])
def test_no_gradient_reaches_the_encoder_through_the_other_view(stop_gradient: bool) -> None:
    """With a predictor that always says the same, z is all that is left."""
    method: Any = build("simsiam", stop_gradient=stop_gradient)
    nn.init.zeros_(method.predictor[-1].weight)
    largest = max(gradient.abs().max() for gradient in gradients(method))
    assert (largest == 0) == stop_gradient


def test_without_predictor_stopping_only_halves_the_gradient() -> None:
    """Section 4.2: the direction is the same, the magnitude is scaled by 1/2."""
    with_stop = gradients(build("simsiam", predictor=False))
    without = gradients(build("simsiam", predictor=False, stop_gradient=False))
    for one, other in zip(with_stop, without, strict=True):
        assert torch.allclose(one, other / 2, rtol=1e-9, atol=1e-14)
    assert max(one.abs().max() for one in with_stop) > 0
