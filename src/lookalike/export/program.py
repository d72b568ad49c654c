"""An encoder as a program that torch runs without our code or timm's."""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.export import ExportedProgram

Answers = Callable[[Tensor], Tensor]
"""Images [n, c, h, w] → features [n, d] or probabilities [n, classes]."""


class Normalised(nn.Module):
    """A network of normalised images on images whose values lie in [0, 1]."""

    def __init__(self, trunk: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.trunk = trunk
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(mean)[:, None, None])
        self.register_buffer("std", torch.tensor(std)[:, None, None])

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        features: Tensor = self.trunk((images - self.mean) / self.std)
        return features


class Classifying(nn.Module):
    """An encoder and a linear layer behind it: images → the probability of each class."""

    def __init__(self, encoder: nn.Module, layer: nn.Linear) -> None:
        super().__init__()
        self.encoder, self.layer = encoder, layer

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n classes"]:
        scores: Tensor = self.layer(self.encoder(images))
        return scores.softmax(dim=1)


def traced(module: nn.Module, shape: Sequence[int]) -> ExportedProgram:
    """The computation for any number of images, without a trace of this machine.

    Args:
        module: on the CPU in evaluation mode.
        shape: of one image [c, h, w].
    """
    exported = torch.export.export(
        module,
        (torch.zeros(2, *shape),),
        dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
    )
    exported.example_inputs = None  # they would be the archive's only pickle
    for node in exported.graph.nodes:
        node.meta.pop("stack_trace", None)  # names folders of this machine
    return exported


def program(trunk: nn.Module, seen: dict[str, Any]) -> bytes:
    """An archive of torch.export that computes features of any number of images.

    Args:
        trunk: normalised images [n, c, h, w] → features [n, d], on the CPU in evaluation mode.
        seen: "input_size" [c, h, w], and "mean" and "std" of the normalisation.
    """
    return archive(Normalised(trunk, seen["mean"], seen["std"]), seen["input_size"], {})


def archive(module: nn.Module, shape: Sequence[int], about: dict[str, Any]) -> bytes:
    """An archive of torch.export, the same bytes each time.

    Args:
        module: on the CPU in evaluation mode.
        shape: of one image [c, h, w].
        about: what a stranger must know; kept beside the program as `about.json`.
    """
    buffer = io.BytesIO()
    extra = {"about.json": json.dumps(about, indent=2, ensure_ascii=False)} if about else None
    torch.export.save(traced(module, shape), buffer, extra_files=extra)
    return buffer.getvalue()


def reopen(path: Path) -> Answers:
    """What such an archive computes."""
    answers: Answers = torch.export.load(path).module()
    return answers
