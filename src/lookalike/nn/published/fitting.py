"""Whether a file's tensors are all that a trunk needs and no others, and words for where not."""

import math
import re
from typing import Any

import torch
from timm.layers import resample_abs_pos_embed  # type: ignore[attr-defined]
from torch import Tensor, nn

from lookalike.errors import StorageError, UsageError

_COUNTER = "num_batches_tracked"


def fit(tensors: dict[str, Tensor], trunk: nn.Module, *, file: str, words: str) -> list[str]:
    """Makes `tensors`, by timm's names, what `trunk.load_state_dict` takes, in place.

    Args:
        tensors: of the file, for the encoder.
        trunk: is not changed.
        file: its name, for people.
        words: of its layout.

    Returns:
        Sentences on what was done.

    Raises:
        UsageError: tensors are missing, are too many or have other shapes; nothing is loaded.
        StorageError: numbers are not finite.
    """
    own = trunk.state_dict()
    remarks = _fit_positions(tensors, trunk)
    missing = [n for n in own if n not in tensors and not n.endswith(_COUNTER)]
    strange = [n for n in tensors if n not in own]
    other = [n for n in tensors if n in own and not _alike(tensors[n], own[n])]
    if missing or strange or other:
        shapes = [f"{n} {_kind(tensors[n])} instead of {_kind(own[n])}" for n in other]
        raise UsageError(
            f"{file} does not fit the encoder.",
            why=f"It is read as a file of {words}."
            + _listed("It lacks", missing)
            + _listed("The encoder lacks", strange)
            + _listed("Other shapes:", shapes),
            do=_advice(tensors, own),
        )
    broken = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise StorageError(
            f"{file} holds numbers that are not finite.",
            why=_listed("They are in", broken).strip(),
            do="Take an earlier checkpoint: this one is damaged, or its training had diverged.",
        )
    counters = [name for name in own if name not in tensors]
    tensors |= {name: torch.zeros_like(own[name]) for name in counters}
    if counters:
        remarks.append("Batch norm's counts of batches are not in the file and start at 0.")
    return remarks


def _fit_positions(tensors: dict[str, Tensor], trunk: Any) -> list[str]:
    """Interpolates a ViT's positions to its grid, as timm does for images of another size.

    (MAE's code interpolates without smoothing, which differs where the grid becomes coarser.)
    """
    positions, own = tensors.get("pos_embed"), getattr(trunk, "pos_embed", None)
    if positions is None or own is None or not hasattr(trunk, "patch_embed"):
        return []
    rows, columns = trunk.patch_embed.grid_size
    prefix = own.shape[1] - rows * columns  # the class token and its like
    side = math.isqrt(max(0, positions.shape[1] - prefix)) if positions.ndim == 3 else 0
    if (side, side) == (rows, columns) or side**2 + prefix != positions.shape[1] or not side:
        return []
    tensors["pos_embed"] = resample_abs_pos_embed(
        positions, [rows, columns], [side, side], num_prefix_tokens=prefix
    )
    return [
        f"The positions of {side}×{side} patches were interpolated to {rows}×{columns} (bicubic)."
    ]


def _alike(tensor: Tensor, own: Tensor) -> bool:
    """The same shape and kind of number, and numbers that are really there, one for each place."""
    plain = tensor.layout == torch.strided and not tensor.is_meta and not tensor.is_quantized
    kind = tensor.is_floating_point() == own.is_floating_point() and not tensor.is_complex()
    return plain and kind and tensor.shape == own.shape


def _kind(tensor: Tensor) -> str:
    numbers = "" if tensor.dtype == torch.float32 else f" of {tensor.dtype}"
    return f"{list(tensor.shape)}{numbers}"


def _listed(before: str, names: list[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f" {before} {', '.join(names[:4])}{more}." if names else ""


def _advice(tensors: dict[str, Tensor], own: dict[str, Tensor]) -> str:
    if "fc_norm.weight" in tensors and "fc_norm.weight" not in own:
        return (
            "It was fine-tuned with its last norm behind the mean over patches (fc_norm); an "
            "encoder has it before, and its features would be others. Take the file from before "
            "fine-tuning."
        )
    wanted, have = _settings(tensors), {"width": 1} | _settings(own)
    differing = {key: value for key, value in wanted.items() if have.get(key) != value}
    channels = differing.pop("channels", None)
    if differing:
        words = " ".join(f"encoder.{key}={value}" for key, value in differing.items())
        return f"The file would fit {words}."
    if channels:
        return f"Its images had {channels} channels: choose images that have as many."
    return "Choose the encoder the file was made with."


_RESNETS: dict[tuple[int, ...], tuple[str, str]] = {
    (2, 2, 2, 2): ("resnet18", "resnet26"),
    (3, 4, 6, 3): ("resnet34", "resnet50"),
    (3, 4, 23, 3): ("", "resnet101"),
    (3, 8, 36, 3): ("", "resnet152"),
    (3, 24, 36, 3): ("", "resnet200"),
}
"""Blocks of each stage, and the names with blocks of two and of three convolutions."""

_VITS = {
    192: "vit_tiny_patch16_224",
    384: "vit_small_patch16_224",
    768: "vit_base_patch16_224",
    1024: "vit_large_patch16_224",
    1280: "vit_huge_patch14_224",
}
"""By the numbers of a token."""


def _settings(tensors: dict[str, Tensor]) -> dict[str, Any]:
    """The encoder's arguments of which names and shapes speak; empty for unknown networks."""
    for first, settings in (("conv1.weight", _resnet), ("patch_embed.proj.weight", _vit)):
        if first in tensors and tensors[first].ndim == 4:
            found = settings(tensors, tuple(tensors[first].shape))
            return {key: value for key, value in found.items() if value}
    return {}


def _resnet(tensors: dict[str, Tensor], stem: tuple[int, ...]) -> dict[str, Any]:
    stages = [_count(tensors, rf"layer{i}\.(\d+)\.") for i in (1, 2, 3, 4)]
    names = _RESNETS.get(tuple(stages), ("", ""))
    name, base = names["layer1.0.conv3.weight" in tensors], 64
    if not stages[3]:  # three stages: the small ResNets
        name, base = f"resnet{6 * stages[0] + 2}", 16
    return {
        "name": name,
        "stem": {3: "small", 7: "standard"}.get(stem[2]),
        "width": stem[0] // base,
        "channels": stem[1],
    }


def _vit(tensors: dict[str, Tensor], patches: tuple[int, ...]) -> dict[str, Any]:
    depth = _count(tensors, r"blocks\.(\d+)\.")
    name = _VITS.get(patches[0])
    return {"name": name, "patch": patches[2], "depth": depth, "channels": patches[1]}


def _count(tensors: dict[str, Tensor], pattern: str) -> int:
    return len({found[1] for found in map(re.compile(pattern).match, tensors) if found})
