"""What fine-tuning trains: a copy of the encoder, made ready as the protocol says."""

from copy import deepcopy
from typing import Any

import torch
from timm.layers import DropPath  # type: ignore[attr-defined]
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

from lookalike.errors import UsageError
from lookalike.evaluation.finetuning.tunings import Tuning
from lookalike.methods.supervised import Supervised
from lookalike.nn.encoder import Encoder
from lookalike.training.layers import layer_groups
from lookalike.training.optimizers import adamw, parameter_groups, sgd


def tunable(
    encoder: Encoder,
    tuning: Tuning,
    classes: int,
    updates_per_epoch: int,
    blocks: float | None = None,
) -> Supervised:
    """A copy of an encoder, and a classifier that starts at zero, to be trained.

    Args:
        encoder: stays as it is.
        tuning: mixing of images, drop path and how slow batch norms are.
        classes: of the labels.
        updates_per_epoch: by which slow batch norms are measured.
        blocks: how many of the last blocks are to be trained, or None for all of the encoder.

    Raises:
        UsageError: the encoder has no such blocks.
    """
    method = Supervised(
        deepcopy(encoder),
        classes,
        smoothing=tuning.smoothing,
        mixup=tuning.mixup,
        cutmix=tuning.cutmix,
    ).requires_grad_(True)
    for weights in method.classifier.parameters():
        nn.init.zeros_(weights)
    if tuning.drop_path:
        _drop_path(method.encoder, tuning.drop_path)
    if tuning.slow_norms:
        _slow_norms(method.encoder, min(10 / updates_per_epoch, 0.1))
    if blocks is not None:
        _only_last(method.encoder, blocks)
    return method


def _drop_path(encoder: Encoder, last: float) -> None:
    """Lets timm's transformers leave out branches, the first block never; others have no place."""
    blocks: list[Any] = [block for block in encoder.modules() if hasattr(block, "drop_path1")]
    for block, share in zip(blocks, torch.linspace(0, last, len(blocks)).tolist(), strict=True):
        block.drop_path1 = block.drop_path2 = DropPath(share)


def _only_last(encoder: Encoder, count: float) -> None:
    """Leaves the last blocks to be trained, and the norm behind them; of half a block its MLP."""
    trunk: Any = encoder.trunk
    blocks = list(getattr(trunk, "blocks", ()))
    if not 0 < count <= len(blocks) or 2 * count % 1:
        raise UsageError(
            f"One cannot train {count:g} blocks of {encoder.name}.",
            why=f"It has {len(blocks)}." if blocks else "It is no transformer.",
            do="Choose a whole or half number of them, or leave finetune.blocks out.",
        )
    last = blocks[len(blocks) - int(count) :]
    if count % 1:
        half = blocks[len(blocks) - int(count) - 1]
        last += [half.norm2, half.mlp]
    encoder.requires_grad_(False)
    for part in (*last, trunk.norm, trunk.fc_norm):
        part.requires_grad_(True)


def _slow_norms(encoder: Encoder, momentum: float) -> None:
    for norm in encoder.modules():
        if isinstance(norm, _BatchNorm):
            norm.momentum = momentum


def optimizer_for(method: Supervised, tuning: Tuning, decay: float) -> Optimizer:
    """The protocol's, with a rate for each layer where it wants them.

    Raises:
        UsageError: it does, and the layers of the encoder are not known.
    """
    if tuning.layer_decay < 1:
        groups = layer_groups(method.encoder, method.classifier, decay=tuning.layer_decay)
    else:
        groups = parameter_groups(method)
    if tuning.optimizer == "adamw":
        return adamw(groups, weight_decay=decay)
    return sgd(groups, nesterov=True, weight_decay=decay)
