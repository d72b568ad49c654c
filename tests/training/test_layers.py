"""Layer-wise decay: the published scales, and which tensor has which."""

import math

import pytest
import torch
from torch import nn

from lookalike.errors import UsageError
from lookalike.nn.encoder import Encoder
from lookalike.training.layers import layer_groups


def encoder_of(name: str, size: int = 224) -> Encoder:
    with torch.device("meta"):
        return Encoder(name, size)


def scales(encoder: Encoder, *heads: nn.Module, decay: float) -> dict[str, float]:
    """The scale of each parameter by its name in the trunk."""
    names = {id(w): name for name, w in encoder.trunk.named_parameters()}
    groups = layer_groups(encoder, *heads, decay=decay)
    return {names.get(id(w), "head"): group["scale"] for group in groups for w in group["params"]}


def test_vit_b_of_mae() -> None:
    found = scales(encoder_of("vit_base_patch16_224"), nn.Linear(768, 10), decay=0.65)
    for name in ("cls_token", "pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias"):
        assert found[name] == pytest.approx(0.003697, abs=5e-7)
    assert found["blocks.0.attn.qkv.weight"] == pytest.approx(0.005688, abs=5e-7)
    assert found["blocks.11.mlp.fc2.bias"] == pytest.approx(0.65)
    assert found["norm.weight"] == found["norm.bias"] == found["head"] == 1.0
    blocks = [found[f"blocks.{i}.norm1.weight"] for i in range(12)]
    assert blocks == pytest.approx([0.65 ** (12 - i) for i in range(12)])


def test_vit_l_of_mae() -> None:
    found = scales(encoder_of("vit_large_patch16_224"), decay=0.75)
    assert found["cls_token"] == pytest.approx(0.000752543, abs=5e-10)
    assert found["blocks.23.mlp.fc2.weight"] == 0.75


def test_a_vit_that_averages_has_its_norm_behind_the_blocks() -> None:
    with torch.device("meta"):
        encoder = Encoder("vit_tiny_patch16_224", 224)
        encoder.trunk.norm, encoder.trunk.fc_norm = nn.Identity(), nn.LayerNorm(192)
    found = scales(encoder, decay=0.65)
    assert found["fc_norm.weight"] == 1.0
    assert found["blocks.0.attn.qkv.weight"] == pytest.approx(0.65**12)


@pytest.mark.parametrize(
    ("name", "first", "last", "blocks"),
    [
        ("resnet8", "conv1.weight", "layer3.0.conv2.weight", 3),
        ("resnet18", "bn1.weight", "layer4.1.bn2.bias", 8),
        ("resnet50", "conv1.weight", "layer4.2.conv3.weight", 16),
        ("torchvision:resnet18", "conv1.weight", "layer4.1.conv2.weight", 8),
        (
            "torchvision:vit_b_16",
            "conv_proj.weight",
            "encoder.layers.encoder_layer_11.mlp.3.bias",
            12,
        ),
        ("convnext_tiny", "stem.0.weight", "stages.3.blocks.2.gamma", 18),
    ],
)
def test_stem_blocks_and_head(name: str, first: str, last: str, blocks: int) -> None:
    found = scales(encoder_of(name), nn.Linear(2, 2), decay=0.5)
    assert math.log2(1 / found[first]) == blocks + 1
    assert found[last] == 0.5
    assert found["head"] == 1.0
    assert sorted(set(found.values())) == [0.5**i for i in range(blocks + 1, -1, -1)]


def test_tensors_of_one_dimension_tokens_and_positions_do_not_decay() -> None:
    encoder, head = encoder_of("vit_tiny_patch16_224"), nn.Linear(192, 10)
    groups = layer_groups(encoder, head, decay=0.75)
    regular = {id(w) for group in groups if "weight_decay" not in group for w in group["params"]}
    for name, w in [*encoder.trunk.named_parameters(), *head.named_parameters()]:
        spared = w.ndim == 1 or name in ("cls_token", "pos_embed")
        assert (id(w) in regular) == (not spared), name
    excluded = [group for group in groups if id(group["params"][0]) not in regular]
    assert all(group["weight_decay"] == 0 and not group["adapt"] for group in excluded)


def test_frozen_parameters_stay_out() -> None:
    encoder = encoder_of("vit_tiny_patch16_224")
    encoder.trunk.blocks[:10].requires_grad_(False)
    found = scales(encoder, decay=0.75)
    assert not [name for name in found if name.startswith(("blocks.0.", "blocks.9."))]
    assert found["blocks.10.norm1.weight"] == 0.75**2


def test_unknown_layers() -> None:
    encoder = encoder_of("resnet8", 32)
    encoder.name, encoder.trunk = "torchvision:convnext", nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(UsageError, match="layers of the encoder torchvision:convnext"):
        layer_groups(encoder, decay=0.5)
