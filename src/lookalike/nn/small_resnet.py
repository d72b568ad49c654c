"""The small ResNets for small images of He et al. 2015, section 4.2: 6n + 2 layers, three stages.

A 3×3 stem without stride or pooling, then three stages of n basic blocks with 16, 32 and 64 channels
at full, half and quarter resolution. Where the shape changes the shortcut is a 1×1 convolution with
batch norm, as in SimCLR's ResNets. Parameters are named as in timm's ResNet.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

SMALL_RESNETS = {f"resnet{6 * n + 2}": n for n in (1, 2, 3, 5, 7, 9, 18)}
"""Names of the small ResNets and their blocks per stage. None of them is a timm name."""


class Block(nn.Module):
    """Two 3×3 convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d _ _"]:
        y = torch.relu_(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu_(y + self.downsample(x))


class SmallResNet(nn.Module):
    """Images [n, c, h, w] → features [n, 64 * width].

    Args:
        blocks: blocks per stage.
        channels: channels of the images.
        width: multiplies every number of channels.
    """

    def __init__(self, blocks: int, *, channels: int = 3, width: int = 1) -> None:
        super().__init__()
        self.num_features = 64 * width
        stem = 16 * width
        self.conv1 = nn.Conv2d(channels, stem, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.layer1 = _stage(stem, stem, blocks, stride=1)
        self.layer2 = _stage(stem, 2 * stem, blocks, stride=2)
        self.layer3 = _stage(2 * stem, 4 * stem, blocks, stride=2)
        self.apply(_initialise)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        x = torch.relu_(self.bn1(self.conv1(images)))
        x = self.layer3(self.layer2(self.layer1(x)))
        features: Tensor = x.mean((2, 3))
        return features


def _stage(inputs: int, outputs: int, blocks: int, stride: int) -> nn.Sequential:
    first = Block(inputs, outputs, stride)
    return nn.Sequential(first, *(Block(outputs, outputs, 1) for _ in range(blocks - 1)))


def _initialise(module: nn.Module) -> None:
    """He et al.'s init; the last norm of a branch starts at 0, so each block starts as identity."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    if isinstance(module, Block):
        nn.init.zeros_(module.bn2.weight)
