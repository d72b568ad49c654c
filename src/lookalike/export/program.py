"""An encoder as a program that torch runs without our code or timm's."""

import io
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn


class _Normalised(nn.Module):
    """The trunk on images whose values lie in [0, 1]."""

    def __init__(self, trunk: nn.Module, mean: list[float], std: list[float]) -> None:
        super().__init__()
        self.trunk = trunk
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(mean)[:, None, None])
        self.register_buffer("std", torch.tensor(std)[:, None, None])

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        features: Tensor = self.trunk((images - self.mean) / self.std)
        return features


def program(trunk: nn.Module, seen: dict[str, Any]) -> bytes:
    """An archive of torch.export that computes features of any number of images.

    Args:
        trunk: normalised images [n, c, h, w] → features [n, d], on the CPU in evaluation mode.
        seen: "input_size" [c, h, w], and "mean" and "std" of the normalisation.
    """
    module = _Normalised(trunk, seen["mean"], seen["std"])
    exported = torch.export.export(
        module,
        (torch.zeros(2, *seen["input_size"]),),
        dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
    )
    exported.example_inputs = None  # they would be the archive's only pickle
    for node in exported.graph.nodes:
        node.meta.pop("stack_trace", None)  # names folders of this machine
    buffer = io.BytesIO()
    torch.export.save(exported, buffer)
    return buffer.getvalue()
