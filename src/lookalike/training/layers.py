"""Layer-wise decay of the rate, for fine-tuning a trained encoder."""

from collections import defaultdict
from typing import Any

from timm.models._manipulate import group_with_matcher
from torch import nn

from lookalike.errors import UsageError
from lookalike.nn.encoder import Encoder
from lookalike.training.optimizers import Groups, group_pair

_MATCHER = {
    "stem": r"conv1|bn1|conv_proj|class_token|encoder\.pos_embedding",
    "blocks": [(r"layer(\d+)\.(\d+)", None), (r"encoder\.layers\.encoder_layer_(\d+)", None)],
}
"""Where timm says nothing: our own ResNets, torchvision's, and its ViTs."""

_HEAD = "head"


def layer_groups(encoder: Encoder, *heads: nn.Module, decay: float) -> Groups:
    """Groups whose `scale` multiplies the rate by decay^(k + 1 - layer) for k blocks (BEiT, MAE).

    The stem (of a ViT: class token, positions, patches) is layer 0, block i is layer i + 1, and all
    that follows has the full rate. Weights decay except those of at most one dimension and those
    timm spares, which are a ViT's tokens and positions.

    Args:
        encoder: its trainable parameters.
        heads: what stands behind the encoder.
        decay: from 0 to 1; MAE takes 0.65 for ViT-B and 0.75 for ViT-L.

    Raises:
        UsageError: the layers of the encoder are not known.
    """
    layer = _layers(encoder)
    named = [*encoder.trunk.named_parameters()]
    named += [(_HEAD, w) for head in heads for w in head.parameters()]
    spared = _asked(encoder.trunk, "no_weight_decay") or ()
    found: dict[int, tuple[list[nn.Parameter], list[nn.Parameter]]] = defaultdict(lambda: ([], []))
    for name, w in named:
        if w.requires_grad:
            found[layer[name]][w.ndim <= 1 or name in spared].append(w)
    return [
        group
        for number, pair in sorted(found.items())
        for group in group_pair(*pair, scale=decay ** (layer[_HEAD] - number))
    ]


def _layers(encoder: Encoder) -> dict[str, int]:
    """The layer of each of the trunk's parameters, and that of the head."""
    matcher = _asked(encoder.trunk, "group_matcher") or _MATCHER
    named = iter([*encoder.trunk.named_parameters(), (_HEAD, None)])
    layer: dict[str, int] = group_with_matcher(named, matcher, reverse=True)
    if layer[_HEAD] == 0:
        raise UsageError(
            f"The layers of the encoder {encoder.name} are not known.",
            do="Choose a ResNet, a ViT, or a model of timm.",
        )
    # timm joins a ViT's last norm to its last block; MAE gives it the rate of the head.
    return layer | {name: layer[_HEAD] for name in layer if name.startswith("norm.")}


def _asked(trunk: Any, question: str) -> Any:
    """What timm says about its models; None about others."""
    return getattr(trunk, question, lambda: None)()
