"""Positions, first weights, and images of other sizes."""

import pytest
import torch

from lookalike.errors import UsageError
from lookalike.nn.encoder import Encoder
from lookalike.nn.vit import initialize, sincos

S, C = 0.8415, 0.5403  # sine and cosine of 1


def test_positions_of_the_fact_sheet() -> None:
    places = sincos(2, 3, 8)
    expected = {
        (0, 1): [S, 0.01, C, 1, 0, 0, 1, 1],
        (1, 0): [0, 0, 1, 1, S, 0.01, C, 1],
        (1, 2): [0.9093, 0.02, -0.4161, 0.9998, S, 0.01, C, 1],
    }
    for (row, column), values in expected.items():
        assert places[3 * row + column].tolist() == pytest.approx(values, abs=6e-5)


def test_patches_start_as_a_linear_layer() -> None:
    trunk = Encoder("vit_tiny_patch16_224", 32, patch=4, depth=2).trunk
    initialize(trunk)
    bound = (6 / (192 + 3 * 16)) ** 0.5
    weight = trunk.patch_embed.proj.weight
    assert 0.99 * bound < weight.abs().max().item() <= bound
    assert trunk.blocks[0].attn.qkv.bias.abs().max() == 0
    assert trunk.cls_token.std().item() == pytest.approx(0.02, rel=0.3)


@pytest.mark.parametrize("size", [(32, 32), (48, 48), (32, 48), (16, 64)])
def test_other_sizes_and_rectangles(size: tuple[int, int]) -> None:
    encoder = Encoder("vit_tiny_patch16_224", 32, patch=4, depth=1)
    assert encoder(torch.rand(2, 3, *size)).shape == (2, 192)


def test_mean_over_patches() -> None:
    torch.manual_seed(0)
    token = Encoder("vit_tiny_patch16_224", 32, patch=8, depth=1)
    mean = Encoder("vit_tiny_patch16_224", 32, patch=8, depth=1, pool="mean")
    mean.load_state_dict(token.state_dict())
    images = torch.rand(2, 3, 32, 32)
    tokens = token.trunk.forward_features(images)
    assert torch.allclose(token(images), tokens[:, 0])
    assert torch.allclose(mean(images), tokens[:, 1:].mean(1), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("vit_tiny_patch16_224", {"patch": 5}, "whole patches of 5 px"),
        ("resnet18", {"patch": 4}, "no patches"),
        ("resnet20", {"pool": "mean"}, "no patches"),
        ("resnet20", {"drop_path": 0.1}, "no drop path"),
    ],
)
def test_what_cannot_be(name: str, settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Encoder(name, 32, **settings)
