"""Encoders by name: images → features, the part that is kept."""

from typing import Any, Literal

import timm
import torchvision
from jaxtyping import Float
from torch import Tensor, nn

from lookalike.errors import UsageError, did_you_mean
from lookalike.nn.small_resnet import SMALL_RESNETS, SmallResNet

SMALL_IMAGE = 64
"""Images up to this side (pixels) get the small stem unless the user says otherwise."""


class Encoder(nn.Module):
    """A network without its classifier: images [n, c, h, w] → features [n, d].

    Weights start random unless `weights` asks for published ones (which timm downloads).

    Args:
        name: a small ResNet (resnet20, …), any timm name, or "torchvision:NAME".
        size: side of the images in pixels; chooses the stem, and the positions of a ViT.
        channels: channels of the images.
        stem: "standard" is the architecture's own; "small" replaces a ResNet's first convolution by
            3×3 with stride 1 and drops the pooling (SimCLR B.9); "auto" is small up to 64 px.
        width: multiplies every number of channels of a ResNet, stem included (SimCLR's 2×, 4×).
        weights: start from published weights.

    Raises:
        UsageError: unknown name, or a stem or width the architecture does not have.
    """

    def __init__(
        self,
        name: str,
        size: int = 224,
        channels: int = 3,
        *,
        stem: Literal["auto", "standard", "small"] = "auto",
        width: int = 1,
        weights: bool = False,
    ) -> None:
        super().__init__()
        self.name, self.size, self.channels, self.width = name, size, channels, width
        self.trunk = _trunk(name, size, channels, width, weights)
        self.stem = self._choose_stem(stem)
        self.features = _count_features(self.trunk)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        features: Tensor = self.trunk(images)
        return features

    @property
    def timm_args(self) -> dict[str, Any] | None:
        """What timm needs to rebuild the trunk by name, or None where it cannot."""
        if self.name not in timm.list_models() or self.stem == "small" or self.width > 1:
            return None
        return {"in_chans": self.channels, **_image_size(self.name, self.size)}

    def _choose_stem(self, stem: str) -> Literal["standard", "small"]:
        if isinstance(self.trunk, SmallResNet):
            return "small"
        has_large_stem = hasattr(self.trunk, "conv1") and hasattr(self.trunk, "maxpool")
        if stem == "small" and not has_large_stem:
            raise UsageError(
                f"The encoder {self.name} has no small stem.",
                why="Only ResNets have a first convolution that can be replaced.",
                do="Leave encoder.stem out, or choose a ResNet.",
            )
        if stem == "standard" or not has_large_stem or (stem == "auto" and self.size > SMALL_IMAGE):
            return "standard"
        _make_stem_small(self.trunk)
        return "small"


def _trunk(name: str, size: int, channels: int, width: int, weights: bool) -> nn.Module:
    if name in SMALL_RESNETS:
        if weights:
            raise UsageError(f"There are no published weights for {name}.")
        return SmallResNet(SMALL_RESNETS[name], channels=channels, width=width)
    if name.startswith("torchvision:"):
        return _torchvision_trunk(name.removeprefix("torchvision:"), channels, width, weights)
    if name not in timm.list_models():
        choices = [*SMALL_RESNETS, *timm.list_models()]
        raise UsageError(f"There is no encoder {name!r}.", do=_offer(name, choices))
    if width > 1:
        return _wide_resnet(name, channels, width, weights)
    return timm.create_model(
        name, pretrained=weights, num_classes=0, in_chans=channels, **_image_size(name, size)
    )


def _offer(name: str, choices: list[str]) -> str:
    hint = did_you_mean(name, choices)
    return hint if hint.startswith("Did") else "See them with: lookalike list encoders"


def _image_size(name: str, size: int) -> dict[str, Any]:
    """timm's ViTs must know the size of the images; its ResNets do not take it."""
    return {"img_size": size} if name.startswith(("vit_", "deit_")) else {}


def _torchvision_trunk(name: str, channels: int, width: int, weights: bool) -> nn.Module:
    names = torchvision.models.list_models(torchvision.models)
    if name not in names:
        raise UsageError(f"torchvision has no model {name!r}.", do=did_you_mean(name, names))
    if channels != 3 or width > 1:
        raise UsageError(
            "torchvision's models have 3 channels and width 1 here.", do=f"Use timm's {name}."
        )
    trunk: nn.Module = torchvision.models.get_model(name, weights="DEFAULT" if weights else None)
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


def _make_stem_small(trunk: Any) -> None:
    old = trunk.conv1
    trunk.conv1 = _conv(old.in_channels, old.out_channels, kernel=3, stride=1)
    trunk.maxpool = nn.Identity()


def _like(old: nn.Conv2d, *, inputs: int) -> nn.Conv2d:
    return _conv(inputs, old.out_channels, kernel=old.kernel_size[0], stride=old.stride[0])


def _conv(inputs: int, outputs: int, *, kernel: int, stride: int) -> nn.Conv2d:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return conv


def _count_features(trunk: nn.Module) -> int:
    """d, from the attribute timm and our ResNets carry or from torchvision's last layer."""
    for attribute in ("num_features", "hidden_dim"):
        if hasattr(trunk, attribute):
            return int(getattr(trunk, attribute))
    widths = [m.num_features for m in trunk.modules() if isinstance(m, nn.BatchNorm2d)]
    return int(widths[-1])
