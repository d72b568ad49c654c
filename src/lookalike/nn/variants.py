"""ResNets whose parameters are named as everybody's, and which compute something else.

PyTorch's ResNets pad both sides alike. TensorFlow's and JAX's "SAME" pads only as much as the last
window needs, with the odd pixel at the end, so a layer with a stride stands one pixel further left.
Weights compute what they were trained to compute only in the variant they come from.
"""

from typing import Any, Literal

from timm.layers import Conv2dSame  # type: ignore[attr-defined]
from timm.layers.pool2d_same import MaxPool2dSame
from torch import nn

Variant = Literal["own", "simclr", "byol", "solo-learn", "lightly"]
"""The architecture's own computation, or that of an official code:

- simclr (TensorFlow): the max-pool is SAME, while strided convolutions pad both sides;
- byol (JAX): all layers with a stride are SAME;
- solo-learn: the small stem pads by 2;
- lightly (its ResNets for small images): no activation between the first norm and the first stage.
"""


def set_variant(trunk: Any, variant: Variant) -> None:
    """Makes a ResNet of timm's or torchvision's layout compute what an official code does.

    Names, weights and settings stay. What a trunk does not have, as the max-pool with a small stem,
    need not change, and networks that are no ResNets stay as they are.
    """
    if not _is_resnet(trunk):
        return
    if variant == "solo-learn" and trunk.conv1.kernel_size == (3, 3):
        trunk.conv1.padding = (2, 2)
    if variant == "lightly":
        setattr(trunk, _activation(trunk), nn.Identity())
    if variant in ("simclr", "byol") and isinstance(trunk.maxpool, nn.MaxPool2d):
        trunk.maxpool = MaxPool2dSame(3, 2)
    if variant == "byol":
        for conv in trunk.modules():
            if isinstance(conv, nn.Conv2d) and conv.stride != (1, 1):
                conv.__class__ = Conv2dSame


def variant_of(trunk: Any) -> Variant:
    """What `set_variant` made of a trunk; "own" for networks that are no ResNets."""
    if not _is_resnet(trunk):
        return "own"
    if any(isinstance(module, Conv2dSame) for module in trunk.modules()):
        return "byol"
    if isinstance(trunk.maxpool, MaxPool2dSame):
        return "simclr"
    if isinstance(getattr(trunk, _activation(trunk)), nn.Identity):
        return "lightly"
    wide = trunk.conv1.kernel_size == (3, 3) and trunk.conv1.padding == (2, 2)
    return "solo-learn" if wide else "own"


def _is_resnet(trunk: nn.Module) -> bool:
    return isinstance(getattr(trunk, "conv1", None), nn.Conv2d) and hasattr(trunk, "maxpool")


def _activation(trunk: nn.Module) -> str:
    """Behind the first norm: timm's name or torchvision's."""
    return "act1" if hasattr(trunk, "act1") else "relu"
