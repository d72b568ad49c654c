"""The networks inside encoders, by name: our own, timm's and torchvision's, without classifiers."""

import contextlib
from collections.abc import Iterator
from typing import Any

import timm
import torchvision
from torch import nn

from lookalike.errors import StorageError, UsageError, did_you_mean, short
from lookalike.nn.small_resnet import SMALL_RESNETS, SmallResNet

_VIT_FAMILIES = ("timm.models.vision_transformer", "timm.models.deit")


def build_trunk(
    name: str, channels: int, width: int, vit: dict[str, Any], drop_path: float, weights: bool
) -> nn.Module:
    """Images [n, c, h, w] → features [n, d].

    Args:
        name: of the encoder.
        channels: of the images.
        width: multiplies every number of channels of a ResNet.
        vit: `vit_settings`, for timm.
        drop_path: of the last block.
        weights: start from published ones.

    Raises:
        UsageError: an unknown name, or something this network does not have.
    """
    if name in SMALL_RESNETS:
        if weights or drop_path:
            what = "published weights" if weights else "drop path"
            raise UsageError(f"There is no {what} for {name}.", do="Choose resnet18 or another.")
        return SmallResNet(SMALL_RESNETS[name], channels=channels, width=width)
    if name.startswith("torchvision:"):
        return _torchvision_trunk(name.removeprefix("torchvision:"), channels, width, weights)
    if name not in timm.list_models():  # "hf-hub:…" and "local-dir:…" among others
        choices = [*SMALL_RESNETS, *timm.list_models()]
        raise UsageError(f"There is no encoder {short(repr(name))}.", do=_offer(name, choices))
    if width > 1:
        return _wide_resnet(name, channels, width, weights)
    settings = vit | ({"drop_path_rate": drop_path} if drop_path else {})
    with _fetching(name) if weights else contextlib.nullcontext():
        return timm.create_model(
            name, pretrained=weights, num_classes=0, in_chans=channels, **settings
        )


@contextlib.contextmanager
def _fetching(name: str) -> Iterator[None]:
    """What goes wrong on the way from the network, as one clear message."""
    try:
        yield
    except Exception as error:  # each library on the way has its own
        raise StorageError(
            f"The published weights of {name} could not be fetched.",
            why=f"Reason: {short(error, 200)}",
            do="Leave out encoder.weights, or give it the path of a file you have.",
        ) from error


def is_vit(name: str) -> bool:
    """Whether this is one of timm's plain vision transformers."""
    return timm.is_model(name) and timm.model_entrypoint(name).__module__ in _VIT_FAMILIES


def vit_settings(
    name: str, size: int, patch: int | None, depth: int | None, pool: str
) -> dict[str, Any]:
    """What timm must be told of a vision transformer; of other networks, nothing.

    Images of other sizes than `size` are let in, also rectangles, and the positions interpolated.
    A mean over patches keeps the last norm where it is, so the weights have the same names.

    Raises:
        UsageError: the network has no patches, or the image does not consist of whole ones.
    """
    if not is_vit(name):
        if patch or depth or pool != "token":
            raise UsageError(
                f"The encoder {name} has no patches, depth or class token to choose.",
                do="Leave encoder.patch, encoder.depth and encoder.pool out, or take a vit_….",
            )
        # timm's other transformers must know the size of the images; its ResNets do not take it.
        return {"img_size": size} if name.startswith("vit_") else {}
    patch = patch or int(name.partition("_patch")[2].partition("_")[0])
    if size % patch:
        raise UsageError(
            f"Images of {size} px do not consist of whole patches of {patch} px.",
            do=f"Choose views.size={max(patch, size // patch * patch)}, or another encoder.patch.",
        )
    settings: dict[str, Any] = {"img_size": size, "patch_size": patch, "dynamic_img_size": True}
    settings |= {"depth": depth} if depth else {}
    return settings | ({"global_pool": "avg", "fc_norm": False} if pool == "mean" else {})


def shrink_stem(trunk: Any) -> None:
    """A ResNet's first convolution becomes 3×3 without stride, and the pooling goes (SimCLR B.9)."""
    old = trunk.conv1
    trunk.conv1 = _conv(old.in_channels, old.out_channels, kernel=3, stride=1)
    trunk.maxpool = nn.Identity()


def count_features(trunk: nn.Module) -> int:
    """d, from the attribute timm and our ResNets carry or from torchvision's last layer."""
    for attribute in ("num_features", "hidden_dim"):
        if hasattr(trunk, attribute):
            return int(getattr(trunk, attribute))
    widths = [m.num_features for m in trunk.modules() if isinstance(m, nn.BatchNorm2d)]
    return int(widths[-1])


def _offer(name: str, choices: list[str]) -> str:
    hint = did_you_mean(name, choices)
    return hint if hint.startswith("Did") else "See them with: lookalike list encoders"


def _torchvision_trunk(name: str, channels: int, width: int, weights: bool) -> nn.Module:
    names = torchvision.models.list_models(torchvision.models)
    if name not in names:
        raise UsageError(
            f"torchvision has no model {short(repr(name))}.", do=did_you_mean(name, names)
        )
    if channels != 3 or width > 1:
        raise UsageError(
            "torchvision's models have 3 channels and width 1 here.", do=f"Use timm's {name}."
        )
    with _fetching(name) if weights else contextlib.nullcontext():
        trunk: nn.Module = torchvision.models.get_model(
            name, weights="DEFAULT" if weights else None
        )
    head = "heads" if hasattr(trunk, "heads") else "fc"
    if not hasattr(trunk, head):
        raise UsageError(
            f"The classifier of torchvision's {name} is not known.",
            do="Choose a ResNet or ViT, or timm's model of that name.",
        )
    setattr(trunk, head, nn.Identity())
    return trunk


def _wide_resnet(name: str, channels: int, width: int, weights: bool) -> nn.Module:
    """timm widens the stages; the stem before them, which the paper widens too, is replaced."""
    if not name.startswith("resnet") or weights:
        raise UsageError(
            f"The encoder {name} cannot be widened.",
            why="A width multiplier is for ResNets without published weights.",
        )
    stages = tuple(width * c for c in (64, 128, 256, 512))
    trunk: Any = timm.create_model(name, num_classes=0, in_chans=channels, channels=stages)
    stem = 64 * width
    trunk.conv1 = _conv(channels, stem, kernel=7, stride=2)
    trunk.bn1 = nn.BatchNorm2d(stem)
    first = trunk.layer1[0]
    first.conv1 = _like(first.conv1, inputs=stem)
    first.downsample[0] = _like(first.downsample[0], inputs=stem)
    return trunk  # type: ignore[no-any-return]


def _like(old: nn.Conv2d, *, inputs: int) -> nn.Conv2d:
    return _conv(inputs, old.out_channels, kernel=old.kernel_size[0], stride=old.stride[0])


def _conv(inputs: int, outputs: int, *, kernel: int, stride: int) -> nn.Conv2d:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return conv
