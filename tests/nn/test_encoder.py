"""Encoders by name: stems, widths, and what cannot be had."""

import pytest
import torch
from torch import nn

from lookalike.errors import UsageError
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import projector
from lookalike.nn.small_resnet import Block


def count(module: nn.Module) -> float:
    """Parameters in millions."""
    return sum(p.numel() for p in module.parameters()) / 1e6


@pytest.mark.parametrize(
    ("name", "size", "stem", "features"),
    [
        ("resnet20", 32, "small", 64),
        ("resnet18", 32, "small", 512),
        ("resnet18", 96, "standard", 512),
        ("vit_tiny_patch16_224", 32, "standard", 192),
        ("torchvision:resnet18", 32, "small", 512),
    ],
)
def test_features_and_stem(name: str, size: int, stem: str, features: int) -> None:
    encoder = Encoder(name, size)
    assert (encoder.stem, encoder.features) == (stem, features)
    assert encoder(torch.rand(2, 3, size, size)).shape == (2, features)


@pytest.mark.parametrize(
    ("name", "millions"), [("resnet20", 0.27), ("resnet32", 0.46), ("resnet56", 0.85)]
)
def test_he_et_al_table_6(name: str, millions: float) -> None:
    """Their counts include the classifier (650) and have no weights in the shortcuts (2,560)."""
    assert count(Encoder(name, 32)) == pytest.approx(millions, abs=0.01)


@pytest.mark.parametrize(("width", "millions"), [(1, 24), (2, 94), (4, 375)])
def test_widths_of_simclr_table_6(width: int, millions: float) -> None:
    with torch.device("meta"):
        encoder = Encoder("resnet50", width=width)
    assert count(encoder) == pytest.approx(millions, abs=0.6)
    assert encoder.trunk.conv1.out_channels == 64 * width
    assert encoder.features == 2048 * width


def test_wide_small_stem() -> None:
    encoder = Encoder("resnet18", 32, width=2)
    assert encoder(torch.rand(2, 3, 32, 32)).shape == (2, 1024)
    assert encoder.trunk.conv1.kernel_size == (3, 3)


def test_grey_images() -> None:
    assert Encoder("resnet8", 8, 1)(torch.rand(2, 1, 8, 8)).shape == (2, 64)


def test_weights_are_a_function_of_torchs_seed() -> None:
    outputs = []
    for _ in range(2):
        torch.manual_seed(3)
        outputs.append(Encoder("resnet18", 32).eval()(torch.ones(1, 3, 32, 32)))
    assert torch.equal(*outputs)


def test_a_block_starts_as_its_shortcut() -> None:
    block = Block(4, 4, stride=1)
    for module in Encoder("resnet8", 8).trunk.modules():
        if isinstance(module, Block):
            assert module.bn2.weight.abs().sum() == 0
    nn.init.zeros_(block.bn2.weight)
    x = torch.rand(2, 4, 5, 5)
    assert torch.equal(block(x), x)


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("resnet21", {}, "resnet20"),
        ("vit_tiny_patch16_224", {"stem": "small"}, "no small stem"),
        ("vit_tiny_patch16_224", {"width": 2}, "cannot be widened"),
        ("resnet20", {"weights": True}, "no published weights"),
        ("torchvision:resnet19", {}, "resnet18"),
        ("torchvision:alexnet", {}, "is not known"),
        ("torchvision:resnet18", {"width": 2}, "width 1"),
    ],
)
def test_what_cannot_be_had(name: str, settings: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Encoder(name, 32, **settings)


@pytest.mark.parametrize(
    ("kind", "layers"),
    [
        ("none", ["Identity"]),
        ("linear", ["Linear", "BatchNorm1d"]),
        ("nonlinear", ["Linear", "BatchNorm1d", "ReLU", "Linear", "BatchNorm1d"]),
    ],
)
def test_projector_layers(kind: str, layers: list[str]) -> None:
    head = projector(kind, 6, 3)
    modules = list(head) if isinstance(head, nn.Sequential) else [head]
    assert [type(m).__name__ for m in modules] == layers
    assert all(m.bias is None for m in modules if isinstance(m, nn.Linear))
    if kind != "none":
        assert modules[-1].bias is None, "the last norm has no offset"
        assert head(torch.rand(4, 6)).shape == (4, 3)
