"""MoCo v3: its algorithm, its heads for both kinds of encoders, and the frozen patches."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from contract.micro import SIZE, build, make_batch
from lookalike.methods.moco_v3 import MoCoV3
from lookalike.nn.encoder import Encoder
from lookalike.nn.vit import sincos
from lookalike.training.optimizers import parameter_groups
from losses import slow
from methods.queues import double, rows_of


def transformer(**settings: Any) -> Any:
    torch.manual_seed(0)
    encoder = Encoder("vit_tiny_patch16_224", SIZE, patch=4, depth=1)
    return MoCoV3(encoder, **({"hidden": 64, "outputs": 32} | settings))


def slow_mean(query: Tensor, keys: Tensor, temperature: float) -> float:
    """Cross-entropy of the pseudo-code, for one view."""
    losses = []
    for i, q in enumerate(slow.rows(query)):
        scores = [slow.dot(q, k) / temperature for k in slow.rows(keys)]
        losses.append(slow.logsumexp(scores) - scores[i])
    return 2 * temperature * math.fsum(losses) / len(losses)


@pytest.mark.parametrize("temperature", [0.2, 1.0])
def test_loss_agrees_with_the_slow_loop(temperature: float) -> None:
    method: Any = double("moco-v3", temperature=temperature)
    batch = rows_of(make_batch(), slice(None))
    with torch.no_grad():
        q1, q2 = (method.predictor(method.projector(method.encoder(v))) for v in batch.views)
        k1, k2 = (method.target(view) for view in batch.views)
    expected = slow_mean(q1, k2, temperature) + slow_mean(q2, k1, temperature)
    assert method(batch).loss.item() == pytest.approx(expected, rel=1e-10)


def test_the_target_follows_ever_slower_without_the_predictor() -> None:
    method: Any = build("moco-v3", target_decay=0.9)
    online = [*method.encoder.parameters(), *method.projector.parameters()]
    start = [p.clone() for p in method.target.parameters()]
    for parameter in online:
        nn.init.normal_(parameter)
    for progress in (0.0, 0.5, 1.0):
        decay = 1 - 0.1 * (1 + math.cos(math.pi * progress)) / 2
        method.after_update(progress)
        start = [decay * t + (1 - decay) * o for t, o in zip(start, online, strict=True)]
        for actual, expected in zip(method.target.parameters(), start, strict=True):
            assert torch.allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_heads_of_the_official_code() -> None:
    def word(layer: Any) -> str:
        if isinstance(layer, nn.Linear):
            return f"{layer.out_features}{' and bias' * (layer.bias is not None)}"
        return "fixed" if not getattr(layer, "affine", True) else type(layer).__name__

    hidden = ["64", "BatchNorm1d", "ReLU"]
    vit = transformer()
    assert [word(layer) for layer in vit.projector] == [*hidden, *hidden, "32", "fixed"]
    assert [word(layer) for layer in vit.predictor] == [*hidden, "32", "fixed"]
    resnet: Any = build("moco-v3", projector_layers=2, predictor_norm=False)
    assert [word(layer) for layer in resnet.projector] == [*hidden, "32", "fixed"]
    assert [word(layer) for layer in resnet.predictor] == [*hidden, "32"]


@pytest.mark.parametrize("freeze", [True, False])
def test_patches_stay_random_and_positions_fixed(freeze: bool) -> None:
    method = transformer(freeze_patches=freeze)
    trunk, batch = method.encoder.trunk, make_batch()
    patches, positions = trunk.patch_embed.proj.weight.clone(), trunk.pos_embed.clone()
    assert torch.allclose(positions[0, 1:], sincos(4, 4, 192))
    optimizer = torch.optim.SGD(parameter_groups(method), lr=1.0, weight_decay=0.1)
    method(batch).loss.backward()
    optimizer.step()
    method.after_update(0.0)
    assert torch.equal(trunk.patch_embed.proj.weight, patches) == freeze
    assert torch.equal(trunk.pos_embed, positions)
    assert torch.equal(method.target.parts[0].trunk.patch_embed.proj.weight, patches) == freeze
    assert trunk.blocks[0].attn.qkv.weight.grad.abs().sum() > 0


def test_first_weights_of_the_official_code() -> None:
    trunk = transformer().encoder.trunk
    bounds = {
        "patch_embed.proj": 6 / (3 * 4 * 4 + 192),
        "blocks.0.attn.qkv": 6 / (192 + 192),
        "blocks.0.mlp.fc1": 6 / (192 + 768),
    }
    for name, square in bounds.items():
        layer = trunk.get_submodule(name)
        assert layer.weight.abs().max().item() == pytest.approx(square**0.5, rel=0.01), name
        assert layer.bias.abs().max() == 0, name


def test_what_a_transformer_embeds_owns_its_memory() -> None:
    embedded = transformer().embed(make_batch())
    for tensor in embedded.values():
        assert tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()
    assert embedded["features"].shape == (8, 192)
