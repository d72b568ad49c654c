"""Checkpoints with the keys of each project's official code, and networks that run them by hand.

The oracles know nothing of our encoders: torchvision's and timm's own networks with the tensors loaded
directly, lightly's network, and ResNets written out channels-last as in TensorFlow and JAX.
"""

import argparse
import functools
import math
import os
import pickle
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
import safetensors.numpy
import safetensors.torch
import timm
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from lookalike.errors import StorageError, UsageError
from lookalike.nn.encoder import Encoder
from lookalike.nn.published import load_published
from lookalike.nn.variants import set_variant, variant_of

Tensors = dict[str, Tensor]


def shaken(net: nn.Module, seed: int = 0) -> nn.Module:
    """The network with every number drawn, so that no two layers or statistics are alike."""
    chance = torch.Generator().manual_seed(seed)
    for name, tensor in net.state_dict().items():
        if name.endswith("num_batches_tracked"):
            tensor.fill_(7)
        elif tensor.ndim > 1:
            fan = tensor[0].numel() if "pos_embed" not in name else 1
            tensor.copy_(torch.randn(tensor.shape, generator=chance) * math.sqrt(2 / fan))
        else:
            tensor.copy_(torch.rand(tensor.shape, generator=chance) * 0.5 + 0.5)
    return net.eval()


@functools.cache
def resnet(name: str = "resnet18", *, small: bool = False, padding: int = 1) -> nn.Module:
    """torchvision's, with a classifier."""
    net: Any = torchvision.models.get_model(name, num_classes=3)
    if small:
        net.conv1 = nn.Conv2d(3, 64, 3, padding=padding, bias=False)
        net.maxpool = nn.Identity()
    return shaken(net)


def features(net: Any, images: Tensor) -> Tensor:
    """Of torchvision's network, before its classifier."""
    fc, net.fc = net.fc, nn.Identity()
    found: Tensor = net(images)
    net.fc = fc
    return found


def images(size: int = 32, width: int | None = None) -> Tensor:
    return torch.rand(2, 3, size, width or size, generator=torch.Generator().manual_seed(1))


def within(before: str, tensors: Tensors) -> Tensors:
    return {before + key: tensor for key, tensor in tensors.items()}


def headless(net: nn.Module) -> Tensors:
    return {k: t for k, t in net.state_dict().items() if not k.startswith("fc.")}


def saved(path: Path, content: Any) -> Path:
    if path.suffix == ".safetensors":
        contiguous = {name: tensor.contiguous() for name, tensor in content.items()}
        safetensors.torch.save_file(contiguous, path)
    else:
        torch.save(content, path)
    return path


@pytest.fixture(autouse=True)
def _no_gradients_and_no_large_files_left(tmp_path: Path) -> Iterator[None]:
    with torch.no_grad():
        yield
    shutil.rmtree(tmp_path)


HEAD = {"0.weight": torch.ones(3, 3), "0.bias": torch.ones(3)}
COPY = {
    "conv1.weight": torch.ones(64, 3, 7, 7),
    "layer4.1.conv2.weight": torch.ones(512, 512, 3, 3),
}


def _moco(net: nn.Module) -> Any:
    weights = within("module.encoder_q.", net.state_dict())
    weights |= within("module.encoder_k.", COPY)
    weights |= {"module.queue": torch.ones(4, 4), "module.queue_ptr": torch.zeros(1)}
    return {"epoch": 3, "arch": "resnet18", "state_dict": weights, "optimizer": {"state": {}}}


def _moco_v3(net: nn.Module) -> Any:
    weights = within("module.base_encoder.", headless(net)) | within("module.predictor.", HEAD)
    weights |= within("module.base_encoder.fc.", HEAD)
    return {"state_dict": weights | within("module.momentum_encoder.", COPY)}


def _dino(net: nn.Module) -> Any:
    teacher = within("backbone.", headless(net)) | within("head.", HEAD)
    return {"student": within("module.backbone.", COPY), "teacher": teacher, "epoch": 3}


def _solo(net: nn.Module) -> Any:
    weights = within("backbone.", headless(net)) | within("projector.", HEAD)
    weights |= {"classifier.weight": torch.ones(3, 512), "classifier.bias": torch.ones(3)}
    weights |= within("momentum_backbone.", COPY)
    moments = {0: {"step": torch.tensor(3), "exp_avg": torch.ones(3)}}
    return {"state_dict": weights, "optimizer_states": [{"state": moments}], "epoch": 9}


def _lightly(net: nn.Module) -> Any:
    weights = within("backbone.", headless(net)) | within("projection_head.layers.", HEAD)
    return {"state_dict": weights | within("online_classifier.linear.", HEAD)}


def _sequential(net: nn.Module) -> Any:
    wrapped = nn.Sequential(*list(net.children())[:-1])
    return within("backbone.", wrapped.state_dict()) | within("projection_head.layers.", HEAD)


def _supcontrast(net: nn.Module) -> Any:
    weights = {k.replace("downsample", "shortcut"): t for k, t in headless(net).items()}
    return {
        "model": within("encoder.", weights) | within("head.", HEAD),
        "optimizer": {"state": {0: {"momentum_buffer": torch.ones(3)}}, "param_groups": []},
        "epoch": 1000,
    }


def _on_several_devices(net: nn.Module) -> Any:
    content = _supcontrast(net)
    model = {k.replace("encoder.", "encoder.module."): t for k, t in content["model"].items()}
    return content | {"model": model}


Make = Callable[[nn.Module], Any]

CHECKPOINTS: dict[str, tuple[Make, bool, str]] = {
    "MoCo": (_moco, False, "fc (2 tensors), encoder_k (2 tensors), queue (1 tensor), queue_ptr"),
    "MoCo v3": (_moco_v3, False, "predictor (2 tensors), fc (2 tensors), momentum_encoder (2"),
    "DINO": (_dino, False, "student (2 tensors), head (2 tensors), epoch."),
    "solo-learn": (_solo, False, "momentum_backbone (2 tensors), optimizer_states, epoch."),
    "lightly or another": (_lightly, False, "projection_head (2 tensors), online_classifier (2"),
    "lightly, torchvision's": (_sequential, False, "projection_head (2 tensors)."),
    "SupContrast": (_supcontrast, True, "head (2 tensors), optimizer (1 tensor), epoch."),
    "SupContrast or another": (_on_several_devices, True, "head (2 tensors), optimizer (1"),
    "timm, torchvision": (lambda net: net.state_dict(), False, "fc (2 tensors)."),
    "or another with timm's": (lambda net: {"state_dict": net.state_dict()}, False, "fc (2"),
    "another with timm's names": (
        lambda net: within("module.", headless(net)), False, "Nothing is left out."
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", CHECKPOINTS)
def test_a_resnet_computes_what_torchvisions_does(words: str, tmp_path: Path) -> None:
    make, small, left_out = CHECKPOINTS[words]
    net = resnet(small=small)
    path = saved(tmp_path / "a.pth", make(net))
    encoder = Encoder("resnet18", 32, stem="small" if small else "standard").eval()
    report = load_published(encoder, path)
    assert torch.equal(encoder(images()), features(net, images()))
    assert report[0].startswith("a.pth is read as a file of")
    assert words in report[0]
    assert report[1] == "Its 120 tensors of the encoder are loaded into resnet18."
    assert left_out in report[2]
    assert len(report) == 3
    assert encoder.published


def test_solo_learns_small_stem_pads_by_two(tmp_path: Path) -> None:
    net = resnet(small=True, padding=2)
    path = saved(tmp_path / "a.ckpt", _solo(net))
    encoder = Encoder("resnet18", 32).eval()
    report = load_published(encoder, path)
    assert torch.equal(encoder(images()), features(net, images()))
    assert report[-1] == "conv1 now pads by 2 pixels, as there."
    assert variant_of(encoder.trunk) == "solo-learn"
    load_published(encoder, path)
    with pytest.raises(
        UsageError, match=r"computes what solo-learn's code does, and .* is of timm"
    ):
        load_published(encoder, saved(tmp_path / "b.pth", resnet(small=True).state_dict()))


def test_bottlenecks_and_counters_that_are_missing(tmp_path: Path) -> None:
    net = resnet("resnet50")
    weights = {k: t for k, t in net.state_dict().items() if "num_batches" not in k}
    encoder = Encoder("resnet50", 32, stem="standard").eval()
    encoder.trunk.bn1.num_batches_tracked.fill_(3)
    report = load_published(encoder, saved(tmp_path / "a.safetensors", weights))
    assert torch.equal(encoder(images()), features(net, images()))
    assert report[-1] == "Batch norm's counts of batches are not in the file and start at 0."
    assert encoder.trunk.bn1.num_batches_tracked == 0


@pytest.mark.parametrize("whole", [True, False])
def test_lightlys_own_resnet(whole: bool, tmp_path: Path) -> None:
    """As a whole it is named as SupContrast's; in pieces it lacks the activation behind bn1."""
    lightly = pytest.importorskip("lightly.models")
    net = shaken(lightly.ResNetGenerator("resnet-18"))
    net.linear = nn.Identity()
    pieces = nn.Sequential(*list(net.children())[:-1], nn.AdaptiveAvgPool2d(1), nn.Flatten())
    weights = within("encoder.", net.state_dict()) if whole else pieces.state_dict()
    encoder = Encoder("resnet18", 32).eval()
    report = load_published(encoder, saved(tmp_path / "a.pth", weights))
    torch.testing.assert_close(encoder(images()), net(images()) if whole else pieces(images()))
    assert ("SupContrast" if whole else "lightly, its own ResNet") in report[0]
    assert ("Behind the first norm there is no activation now, as there." in report) != whole
    assert variant_of(encoder.trunk) == ("own" if whole else "lightly")


def test_our_own_weights(tmp_path: Path) -> None:
    for name, size in (("resnet8", 16), ("vit_tiny_patch16_224", 32), ("convnext_atto", 32)):
        theirs = Encoder(name, size).eval()
        shaken(theirs.trunk)
        ours = Encoder(name, size).eval()
        path = saved(tmp_path / "model.safetensors", theirs.trunk.state_dict())
        assert load_published(ours, str(path))[2] == "Nothing is left out."
        assert torch.equal(ours(images(size)), theirs(images(size)))


# Networks by hand, channels last: [n, h, w, c] and kernels [h, w, inputs, outputs].


def by_hand(x: Tensor, kernel: Tensor, stride: int) -> Tensor:
    """A convolution without padding."""
    windows = x.unfold(1, len(kernel), stride).unfold(2, len(kernel), stride)
    return torch.einsum("nhwcij,ijco->nhwo", windows, kernel)


def same(x: Tensor, kernel: int, stride: int, value: float = 0.0) -> Tensor:
    """TensorFlow's and JAX's SAME."""
    ends = []
    for n in (x.shape[2], x.shape[1]):
        total = max((math.ceil(n / stride) - 1) * stride + kernel - n, 0)
        ends += [total // 2, total - total // 2]
    return functional.pad(x, (0, 0, *ends), value=value)


def pooled(x: Tensor) -> Tensor:
    return same(x, 3, 2, -math.inf).unfold(1, 3, 2).unfold(2, 3, 2).amax((-2, -1))


class ByHand:
    """A bottleneck ResNet whose variables are made when the forward pass first meets them."""

    blocks = 2  # per stage

    def __init__(self) -> None:
        self.variables: Tensors = {}
        self.chance = torch.Generator().manual_seed(2)

    def kernel(self, name: str, side: int, inputs: int, outputs: int) -> Tensor:
        drawn = torch.randn(side, side, inputs, outputs, generator=self.chance)
        self.variables[name] = drawn / math.sqrt(side * side * inputs)
        return self.variables[name].double()

    def normalised(self, x: Tensor, names: list[str], shape: tuple[int, ...]) -> Tensor:
        """Names of scale, offset, mean and variance."""
        values = [torch.rand(shape, generator=self.chance) + 0.5 for _ in names]
        self.variables |= dict(zip(names, values, strict=True))
        scale, offset, mean, variance = (value.double().flatten() for value in values)
        return (x - mean) / torch.sqrt(variance + 1e-5) * scale + offset

    def layer(self, x: Tensor, name: str, outputs: int, side: int, stride: int = 1) -> Tensor:
        raise NotImplementedError

    def run(self, x: Tensor, *, small: bool = False) -> Tensor:
        x = x.double().permute(0, 2, 3, 1)
        x = self.layer(x, "initial", 64, 3 if small else 7, 1 if small else 2).relu()
        x = x if small else pooled(x)
        for stage in range(4):
            for block in range(self.blocks):
                name = f"block_group_{stage}/~/block_{block}/~/"
                width, stride = 64 * 2**stage, 2 if stage and not block else 1
                rest = x
                if not block:
                    rest = self.layer(x, f"{name}shortcut", 4 * width, 1, stride)
                y = self.layer(x, f"{name}0", width, 1).relu()
                y = self.layer(y, f"{name}1", width, 3, stride).relu()
                x = (self.layer(y, f"{name}2", 4 * width, 1) + rest).relu()
        return x.mean((1, 2))


class TensorFlow(ByHand):
    """SimCLR's: variables are numbered as they come, strided convolutions pad both sides alike."""

    def layer(self, x: Tensor, name: str, outputs: int, side: int, stride: int = 1) -> Tensor:
        number = sum(key.endswith("kernel") for key in self.variables)
        end = f"_{number}" if number else ""
        x = functional.pad(x, (0, 0, *4 * [side // 2])) if stride > 1 else same(x, side, 1)
        x = by_hand(
            x, self.kernel(f"base_model/conv2d{end}/kernel", side, x.shape[-1], outputs), stride
        )
        kinds = ("gamma", "beta", "moving_mean", "moving_variance")
        names = [f"base_model/batch_normalization{end}/{kind}" for kind in kinds]
        return self.normalised(x, names, (outputs,))


class Haiku(ByHand):
    """BYOL's: names are paths, every layer pads as SAME."""

    def layer(self, x: Tensor, name: str, outputs: int, side: int, stride: int = 1) -> Tensor:
        path, _, layer = f"res_net50/~/{name}".rpartition("/")
        numbered = layer.isdecimal()
        conv = f"{path}/{f'conv_{layer}' if numbered else f'{layer}_conv'}"
        norm = f"{path}/{f'batchnorm_{layer}' if numbered else f'{layer}_batchnorm'}"
        kernel = self.kernel(f"{conv}/w", side, x.shape[-1], outputs)
        x = by_hand(same(x, side, stride), kernel, stride)
        ends = ("scale", "offset", "~/mean_ema/average", "~/var_ema/average")
        return self.normalised(x, [f"{norm}/{end}" for end in ends], (1, 1, 1, outputs))

    def others(self) -> Tensors:
        """What else stands in the trees."""
        averages = [key for key in self.variables if key.endswith("average")]
        found = {key.replace("average", "hidden"): torch.ones(3) for key in averages}
        found |= {key.replace("average", "counter"): torch.tensor(3) for key in averages}
        return found | within("projector/linear/", {"w": torch.ones(3, 3), "b": torch.ones(3)})


TENSORFLOW_HEADS = {
    "global_step": torch.tensor(3),
    "head_supervised/linear_layer/dense/kernel": torch.ones(3, 3),
    "head_supervised/linear_layer/dense/bias": torch.ones(3),
    "base_model/conv2d_3/kernel/Momentum": torch.ones(1, 1, 3, 3),
}


@pytest.mark.parametrize("small", [False, True])
def test_simclrs_variables(small: bool, tmp_path: Path) -> None:
    net = TensorFlow()
    expected = net.run(images(40), small=small)
    assert len(net.variables) == 29 * 5
    path = saved(tmp_path / "simclr.safetensors", net.variables | TENSORFLOW_HEADS)
    encoder = Encoder("resnet26", 40, stem="small" if small else "standard")
    report = load_published(encoder, path)
    torch.testing.assert_close(encoder.double().eval()(images(40).double()), expected)
    assert "SimCLR's TensorFlow code" in report[0]
    assert "global_step (1 tensor), Momentum (1 tensor), head_supervised (2 tensors)." in report[2]
    pads = "The max-pool now pads as TensorFlow's."
    assert (pads in report) != small
    assert variant_of(encoder.trunk) == ("own" if small else "simclr")


@pytest.mark.parametrize("size", [40, 45])
def test_byols_trees(size: int, tmp_path: Path) -> None:
    net = Haiku()
    expected = net.run(images(size))
    path = saved(tmp_path / "byol.safetensors", net.variables | net.others())
    encoder = Encoder("resnet26", size, stem="standard")
    report = load_published(encoder, path)
    torch.testing.assert_close(encoder.double().eval()(images(size).double()), expected)
    assert "BYOL's Haiku code" in report[0]
    assert (
        report[2] == "Left out: counter (58 tensors), projector (2 tensors), hidden (58 tensors)."
    )
    assert "Layers with a stride now pad as JAX's." in report
    assert variant_of(encoder.trunk) == "byol"


STEMS: tuple[Literal["standard", "small"], ...] = ("standard", "small")


@pytest.mark.parametrize("name", ["resnet18", "torchvision:resnet18"])
def test_variants(name: str) -> None:
    """Each is known again and computes something else."""
    torch.manual_seed(0)
    seen, fresh = set(), {stem: Encoder(name, 32, stem=stem).eval() for stem in STEMS}
    for variant, stem in (
        ("own", "standard"), ("byol", "standard"), ("simclr", "standard"),
        ("own", "small"), ("solo-learn", "small"), ("lightly", "small"),
    ):  # fmt: skip
        encoder = deepcopy(fresh[stem])
        for module in encoder.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.ones_(module.weight)  # timm's branches begin with 0
        set_variant(encoder.trunk, variant)  # type: ignore[arg-type]
        assert variant_of(encoder.trunk) == variant
        seen.add(float(encoder(images()).double().sum()))
    assert len(seen) == 6
    set_variant(vit_encoder().trunk, "solo-learn")
    assert variant_of(vit_encoder().trunk) == variant_of(Encoder("resnet8", 8).trunk) == "own"


def test_a_variant_is_trained_and_exported() -> None:
    encoder = Encoder("resnet18", 40, stem="standard").eval()
    set_variant(encoder.trunk, "byol")
    with torch.enable_grad():
        encoder(images(40)).square().mean().backward()
    assert all(parameter.grad is not None for parameter in encoder.parameters())
    program = torch.export.export(encoder.trunk, (images(40),)).module()
    torch.testing.assert_close(program(images(40)), encoder(images(40)))


# Vision transformers.


def vit(size: int = 32, **more: Any) -> Any:
    settings: dict[str, Any] = {"img_size": size, "patch_size": 4, "depth": 2, "num_classes": 3}
    return shaken(timm.create_model("vit_tiny_patch16_224", **settings | more))


def vit_encoder(size: int = 32, **more: Any) -> Encoder:
    settings: dict[str, Any] = {"patch": 4, "depth": 2}
    return Encoder("vit_tiny_patch16_224", size, **settings | more).eval()


def _mae(weights: Tensors) -> Any:
    decoder = {
        "mask_token": torch.ones(1, 1, 8),
        "decoder_pos_embed": torch.ones(1, 65, 8),
        **within("decoder_embed.", HEAD),
        **within("decoder_blocks.0.attn.qkv.", HEAD),
        **within("decoder_norm.", HEAD),
        **within("decoder_pred.", HEAD),
    }
    return {"model": weights | decoder, "optimizer": {"state": {}}, "epoch": 799, "scaler": {}}


@pytest.mark.parametrize("pool", ["token", "mean"])
def test_maes_checkpoint(pool: Any, tmp_path: Path) -> None:
    net = vit(**({"global_pool": "avg", "fc_norm": False} if pool == "mean" else {}))
    weights = {k: t for k, t in net.state_dict().items() if not k.startswith("head.")}
    encoder = vit_encoder(pool=pool)
    report = load_published(encoder, saved(tmp_path / "a.pth", _mae(weights)))
    assert torch.equal(encoder(images()), net.forward_head(net.forward_features(images()), True))
    assert report[2] == (
        "Left out: mask_token (1 tensor), decoder_pos_embed (1 tensor), decoder_embed (2 tensors), "
        "decoder_blocks (2 tensors), decoder_norm (2 tensors), decoder_pred (2 tensors), "
        "optimizer, epoch, scaler."
    )
    assert len(report) == 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda w: {"teacher": within("backbone.", w) | within("head.", HEAD)}, "DINO"),
        (lambda w: {"state_dict": within("module.base_encoder.", w)}, "MoCo v3"),
        (lambda w: {"state_dict": within("backbone.", w) | {"classifier.weight": HEAD["0.bias"]}},
         "solo-learn"),
    ],
)  # fmt: skip
def test_other_projects_transformers(make: Any, words: str, tmp_path: Path) -> None:
    net = vit(num_classes=0)
    encoder = vit_encoder()
    report = load_published(encoder, saved(tmp_path / "a.pth", make(net.state_dict())))
    assert torch.equal(encoder(images()), net(images()))
    assert words in report[0]


def test_there_and_back(tmp_path: Path) -> None:
    """The trunk's names are timm's: a strict load either way."""
    encoder, net = vit_encoder(), vit(num_classes=0)
    shaken(encoder.trunk, 4)
    net.load_state_dict(encoder.trunk.state_dict(), strict=True)
    assert torch.equal(net(images()), encoder(images()))
    shaken(net, 5)
    encoder.trunk.load_state_dict(net.state_dict(), strict=True)
    assert torch.equal(net(images()), encoder(images()))


def interpolated(positions: Tensor, rows: int, columns: int) -> Tensor:
    token, grid = positions[:, :1], positions[:, 1:]
    side = math.isqrt(grid.shape[1])
    grid = grid.mT.unflatten(2, (side, side))
    grid = functional.interpolate(grid, (rows, columns), mode="bicubic", antialias=True)
    return torch.cat([token, grid.flatten(2).mT], 1)


def test_positions_of_another_size(tmp_path: Path) -> None:
    net = vit(32)
    path = saved(tmp_path / "a.pth", net.state_dict())
    for size in (24, 48):
        encoder = vit_encoder(size)
        report = load_published(encoder, path)
        assert report[3] == (
            f"The positions of 8×8 patches were interpolated to {size // 4}×{size // 4} (bicubic)."
        )
        other = timm.create_model(
            "vit_tiny_patch16_224", img_size=size, patch_size=4, depth=2, num_classes=3
        ).eval()
        positions = interpolated(net.pos_embed, size // 4, size // 4)
        other.load_state_dict(net.state_dict() | {"pos_embed": positions})
        expected = other.forward_head(other.forward_features(images(size)), True)
        torch.testing.assert_close(encoder(images(size)), expected)
        # The same as an encoder of the file's own size makes of images of this one.
        own = vit_encoder(32)
        load_published(own, path)
        torch.testing.assert_close(encoder(images(size)), own(images(size)))


def test_rectangles(tmp_path: Path) -> None:
    net = vit(32)
    encoder = vit_encoder(32)
    load_published(encoder, saved(tmp_path / "a.pth", net.state_dict()))
    other = timm.create_model(
        "vit_tiny_patch16_224", img_size=(32, 48), patch_size=4, depth=2, num_classes=3
    ).eval()
    other.load_state_dict(net.state_dict() | {"pos_embed": interpolated(net.pos_embed, 8, 12)})
    expected = other.forward_head(other.forward_features(images(32, 48)), True)
    torch.testing.assert_close(encoder(images(32, 48)), expected)


# What cannot be loaded, and what is said of it.


def refused(encoder: Encoder, path: Path, kind: type[Exception] = UsageError) -> str:
    """The message; nothing of the encoder has changed."""
    before = {name: tensor.clone() for name, tensor in encoder.trunk.state_dict().items()}
    with pytest.raises(kind) as caught:
        load_published(encoder, path)
    assert all(torch.equal(t, before[n]) for n, t in encoder.trunk.state_dict().items())
    assert variant_of(encoder.trunk) == "own"
    assert not encoder.published
    return str(caught.value)


@pytest.mark.parametrize(
    ("file", "name", "settings", "words"),
    [
        (lambda: _supcontrast(resnet(small=True))["model"], "resnet18", {"stem": "standard"},
         "Other shapes: conv1.weight [64, 3, 3, 3] instead of [64, 3, 7, 7].\n"
         "The file would fit encoder.stem=small."),
        (lambda: resnet().state_dict(), "resnet18", {"stem": "small"},
         "The file would fit encoder.stem=standard."),
        (lambda: Encoder("resnet8", 8, width=2).trunk.state_dict(), "resnet8", {},
         "The file would fit encoder.width=2."),
        (lambda: resnet("resnet34").state_dict(), "resnet18", {"stem": "standard"},
         "The encoder lacks layer1.2.conv1.weight, layer1.2.bn1.weight, layer1.2.bn1.bias, "
         "layer1.2.bn1.running_mean and 92 more.\nThe file would fit encoder.name=resnet34."),
        (lambda: resnet().state_dict(), "resnet34", {"stem": "standard"}, "It lacks layer1.2.conv1"),
        (lambda: resnet().state_dict(), "vit_tiny_patch16_224", {},
         "The file would fit encoder.name=resnet18 encoder.stem=standard."),
        (lambda: resnet().state_dict(), "resnet20", {},
         "The file would fit encoder.name=resnet18 encoder.stem=standard."),
        (lambda: Encoder("resnet20", 32).trunk.state_dict(), "resnet8", {},
         "The file would fit encoder.name=resnet20."),
        (lambda: vit().state_dict(), "vit_tiny_patch16_224", {"patch": 8, "depth": 2},
         "The file would fit encoder.patch=4."),
        (lambda: vit(depth=3).state_dict(), "vit_tiny_patch16_224", {"patch": 4, "depth": 2},
         "The file would fit encoder.depth=3."),
        (lambda: vit().state_dict(), "vit_small_patch16_224", {"patch": 4, "depth": 2},
         "The file would fit encoder.name=vit_tiny_patch16_224."),
        (lambda: vit(in_chans=1).state_dict(), "vit_tiny_patch16_224", {"patch": 4, "depth": 2},
         "Its images had 1 channels: choose images that have as many."),
        (lambda: vit(global_pool="avg", fc_norm=True).state_dict(), "vit_tiny_patch16_224",
         {"patch": 4, "depth": 2, "pool": "mean"}, "behind the mean over patches (fc_norm)"),
        (lambda: vit(reg_tokens=2).state_dict(), "vit_tiny_patch16_224", {"patch": 4, "depth": 2},
         "The encoder lacks reg_token."),
        (lambda: {"a.b": torch.ones(3)}, "resnet8", {},
         "are of no known layout.\nThey begin with a.b. Known are the files of SimCLR's TensorFlow"),
    ],
)  # fmt: skip
def test_another_encoder(
    file: Callable[[], Tensors], name: str, settings: Any, words: str, tmp_path: Path
) -> None:
    """Only names and shapes count, so the file's tensors are one number each."""
    hollow = {k: torch.zeros((), dtype=t.dtype).expand(t.shape) for k, t in file().items()}
    assert words in refused(Encoder(name, 32, **settings), saved(tmp_path / "a.pth", hollow))


def test_simclrs_other_networks(tmp_path: Path) -> None:
    """Numbers tell nothing of where a layer is, so their count must be that of the encoder."""
    layers = {
        f"base_model/conv2d{f'_{i}' if i else ''}/kernel": torch.ones(1, 1, 1, 1) for i in range(53)
    }
    path = saved(tmp_path / "a.safetensors", layers)
    message = refused(Encoder("resnet26", 32), path)
    assert "holds 53 convolutions, and the encoder has 29" in message
    assert message.endswith("Choose encoder.name=resnet50.")
    path = saved(tmp_path / "a.safetensors", dict(list(layers.items())[:21]))
    message = refused(Encoder("resnet18", 32), path)
    assert "SimCLR's ResNet-18 and ResNet-34 with one shortcut more" in message


def python_in(message: str) -> str:
    return message[message.index("import ") :]


def test_supcontrasts_file_must_be_converted_and_then_loads(tmp_path: Path) -> None:
    net = resnet(small=True)
    content = _supcontrast(net) | {"opt": argparse.Namespace(batch_size=256, temp=0.1)}
    path = saved(tmp_path / "last.pth", content)
    encoder = Encoder("resnet18", 32).eval()
    message = refused(encoder, path)
    assert "because it holds objects, e.g. argparse.Namespace." in message
    assert "If you trust the file, run this Python, and load last-tensors.pth:" in message
    exec(compile(python_in(message), "message", "exec"), {})  # noqa: S102 - our own message
    report = load_published(encoder, tmp_path / "last-tensors.pth")
    assert torch.equal(encoder(images()), features(net, images()))
    assert report[2] == "Left out: head (2 tensors)."


def test_a_whole_module_must_be_converted_and_then_loads(tmp_path: Path) -> None:
    net = resnet()
    encoder = Encoder("resnet18", 32, stem="standard").eval()
    message = refused(encoder, saved(tmp_path / "net.pt", net))
    assert "torchvision.models.resnet.ResNet" in message
    exec(compile(python_in(message), "message", "exec"), {})  # noqa: S102 - our own message
    load_published(encoder, tmp_path / "net-tensors.pth")
    assert torch.equal(encoder(images()), features(net, images()))


def test_byols_file_must_be_converted_and_then_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Haiku()
    expected = net.run(images(40))
    path = tmp_path / "pretrain_res50x1.pkl"
    path.write_bytes(pickle.dumps({"experiment_state": argparse.Namespace(), "step": 3}, 2))
    encoder = Encoder("resnet26", 40, stem="standard").eval()
    message = refused(encoder, path)
    assert "run this Python where BYOL's official code runs, and load" in message
    trees: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for key, tensor in (net.variables | net.others()).items():
        module, _, name = key.rpartition("/")
        trees["_ema" in key].setdefault(module, {})[name] = tensor.numpy()
    state = SimpleNamespace(online_params=trees[0], online_state=trees[1])
    dill = SimpleNamespace(load=lambda file: file.close() or {"experiment_state": state})
    monkeypatch.setitem(sys.modules, "dill", dill)  # type: ignore[arg-type]
    exec(compile(python_in(message), "message", "exec"), {})  # noqa: S102 - our own message
    load_published(encoder, tmp_path / "pretrain_res50x1-tensors.safetensors")
    torch.testing.assert_close(encoder.double()(images(40).double()), expected)


class Hostile:
    """Makes a folder when a pickle brings it to life."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_runs_nothing(zipped: bool, tmp_path: Path) -> None:
    content = {"model": resnet().state_dict(), "opt": Hostile(tmp_path / "mark")}
    torch.save(content, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
    assert "posix.mkdir" in refused(Encoder("resnet18", 32), tmp_path / "a.pth")
    assert not (tmp_path / "mark").exists()


def test_tensors_that_are_none(tmp_path: Path) -> None:
    """Shapes that no memory holds, other kinds of numbers, a dictionary that holds itself."""
    encoder = Encoder("resnet8", 32)
    shape = encoder.trunk.state_dict()["conv1.weight"].shape
    for conv1, words in (
        (torch.zeros(1).expand(2**20, 2**20), "[1048576, 1048576] instead of"),
        (torch.zeros(shape, dtype=torch.int64), "of torch.int64 instead of"),
        (torch.zeros(shape, dtype=torch.complex64), "of torch.complex64 instead of"),
        (torch.zeros(shape).to_sparse(), "conv1.weight"),
        (torch.zeros(shape, device="meta"), "conv1.weight"),
    ):
        weights = encoder.trunk.state_dict() | {"conv1.weight": conv1}
        message = refused(encoder, saved(tmp_path / "a.pth", weights))
        assert words in message
        assert "Other shapes: conv1.weight" in message
    weights = {**encoder.trunk.state_dict()}
    weights["again"] = weights
    assert "The encoder lacks again.conv1" in refused(encoder, saved(tmp_path / "a.pth", weights))


def test_numbers_that_are_not_finite(tmp_path: Path) -> None:
    encoder = Encoder("resnet8", 32)
    weights = {name: tensor.clone() for name, tensor in encoder.trunk.state_dict().items()}
    weights["layer1.0.bn1.bias"][3] = math.nan
    path = saved(tmp_path / "a.safetensors", weights)
    assert "They are in layer1.0.bn1.bias." in refused(encoder, path, StorageError)


def test_half_precision_becomes_single(tmp_path: Path) -> None:
    encoder = Encoder("resnet8", 32)
    weights = {n: t.half() if t.ndim else t for n, t in encoder.trunk.state_dict().items()}
    load_published(encoder, saved(tmp_path / "a.pth", weights))
    assert encoder.trunk.conv1.weight.dtype == torch.float32
    assert torch.equal(encoder.trunk.conv1.weight, weights["conv1.weight"].float())


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_trial_without_memory(suffix: str, tmp_path: Path) -> None:
    """What a recipe asks for is tried on torch's meta device, where nothing is computed."""
    path = saved(tmp_path / f"a{suffix}", vit(num_classes=0).state_dict())
    with torch.device("meta"):
        assert len(load_published(vit_encoder(48), path)) == 4
        with pytest.raises(UsageError, match=r"The file would fit encoder\.patch=4\."):
            load_published(vit_encoder(48, patch=8), path)


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", None])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_damaged_files(content: bytes | None, suffix: str, tmp_path: Path) -> None:
    path = saved(tmp_path / f"a{suffix}", Encoder("resnet8", 32).trunk.state_dict())
    path.write_bytes(path.read_bytes()[:5000] if content is None else content)
    message = refused(Encoder("resnet8", 32), path, StorageError)
    assert re.search(rf"a{suffix} is no checkpoint, or it is damaged\.\nReading it ended", message)


def test_nothing_to_load(tmp_path: Path) -> None:
    encoder = Encoder("resnet8", 32)
    path = saved(tmp_path / "a.pth", {"epoch": 3, "rate": 0.1})
    assert "holds no tensors with names.\nIt is a dict of epoch, rate." in refused(encoder, path)
    assert "It is a list." in refused(encoder, saved(path, [torch.ones(3)]))
    message = refused(encoder, tmp_path / "b.pth", StorageError)
    assert message.startswith(f"There is no file {tmp_path / 'b.pth'}.")
