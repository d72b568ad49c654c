"""An encoder's weights under torchvision's names, for the architectures that torchvision has."""

import re
from pathlib import Path
from typing import Any

import safetensors.torch
import torchvision
from timm.models.resnet import ResNet
from torch import Tensor, nn

from lookalike.errors import UsageError
from lookalike.export.about import About
from lookalike.export.program import Answers
from lookalike.files import write_bytes
from lookalike.nn.encoder import Encoder

_VITS = {
    "vit_base_patch16_224": "vit_b_16",
    "vit_base_patch32_224": "vit_b_32",
    "vit_large_patch16_224": "vit_l_16",
    "vit_large_patch32_224": "vit_l_32",
    "vit_huge_patch14_224": "vit_h_14",
}
"""timm's names and torchvision's."""

_RENAMES = (
    (r"^cls_token$", "class_token"),
    (r"^pos_embed$", "encoder.pos_embedding"),
    (r"^patch_embed\.proj\.", "conv_proj."),
    (r"^norm\.", "encoder.ln."),
    (r"^blocks\.(\d+)\.", r"encoder.layers.encoder_layer_\1."),
    (r"\.norm([12])\.", r".ln_\1."),
    (r"\.attn\.qkv\.", ".self_attention.in_proj_"),
    (r"\.attn\.proj\.", ".self_attention.out_proj."),
    (r"\.mlp\.fc1\.", ".mlp.0."),
    (r"\.mlp\.fc2\.", ".mlp.3."),
)
"""From timm's names of a transformer's tensors, which are in the same order of numbers."""


def torchvision_name(encoder: Encoder) -> str:
    """What torchvision calls this architecture.

    Raises:
        UsageError: it has none that computes the same.
    """
    name = encoder.name.removeprefix("torchvision:")
    plain = encoder.stem == "standard" and encoder.width == 1 and encoder.variant == "own"
    if plain and encoder.channels == 3:
        known = torchvision.models.list_models(torchvision.models)
        if name != encoder.name or (isinstance(encoder.trunk, ResNet) and name in known):
            return name
        if name in _VITS and not encoder.depth and not encoder.patch and encoder.pool == "token":
            return _VITS[name]
    raise UsageError(
        f"torchvision has no architecture that computes what this {encoder.name} does.",
        why=f"It has a {encoder.stem} stem, width {encoder.width} and {encoder.channels} channels.",
        do="Use --to torch or --to onnx, which bring the computation along.",
    )


def write(encoder: Encoder, about: About, path: Path) -> None:
    """Writes the weights as safetensors; the metadata hold what a stranger must know."""
    facts = about.as_texts() | {"torchvision": torchvision_name(encoder)}
    weights = {name: x.contiguous() for name, x in renamed(encoder.trunk.state_dict()).items()}
    write_bytes(path, safetensors.torch.save(weights, facts))


def renamed(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state under torchvision's names; ResNets have the same in both."""
    if "patch_embed.proj.weight" not in weights:
        return weights
    found = {}
    for name, tensor in weights.items():
        for pattern, replacement in _RENAMES:
            name = re.sub(pattern, replacement, name)
        found[name] = tensor
    return found


def settings(name: str, about: About) -> str:
    """What torchvision must be told to build it: a transformer's size of images."""
    return f"image_size={about.size}" if name.startswith("vit_") else ""


def head(name: str) -> str:
    """The classifier of a model, of which the file has no weights."""
    return "heads" if name.startswith("vit_") else "fc"


def reopen(path: Path, name: str, about: About) -> Answers:
    """What torchvision computes with such a file.

    Raises:
        RuntimeError: names or shapes are not those of the model.
    """
    size: dict[str, Any] = {"image_size": about.size} if settings(name, about) else {}
    model: nn.Module = torchvision.models.get_model(name, weights=None, **size)
    setattr(model, head(name), nn.Identity())
    model.load_state_dict(safetensors.torch.load_file(path))
    return model.eval()
