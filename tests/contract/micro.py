"""Every method of the table, on an encoder small enough for seconds."""

import importlib
from typing import Any

import torch

from lookalike.method import Batch, Method
from lookalike.methods import METHODS
from lookalike.nn.encoder import Encoder
from lookalike.randomness import image_keys

SIZE = 16
CLASSES = 2
TRANSFORMERS = ("mae",)
"""Methods that need one."""

SMALLER: dict[str, dict[str, Any]] = {
    "byol": {"hidden": 64, "outputs": 32},
    "barlow-twins": {"hidden": 64, "outputs": 32},
    "vicreg": {"hidden": 64, "outputs": 32},
    "dino": {"hidden": 64, "bottleneck": 32, "prototypes": 32},
    "swav": {"hidden": 64, "outputs": 32, "prototypes": 16},
    "simsiam": {"hidden": 64, "outputs": 64, "predictor_hidden": 16},
    "moco": {"outputs": 32, "queue": 32},
    "moco-v3": {"hidden": 64, "outputs": 32},
    "nnclr": {"hidden": 64, "outputs": 32, "predictor_hidden": 64, "queue": 32},
    "mae": {"decoder_width": 32, "decoder_depth": 1, "decoder_heads": 2},
}
"""Arguments that keep heads as small as the encoder; everything else is the default."""


def build(name: str, **settings: Any) -> Method:
    """The method `name` on a micro encoder, always with the same weights."""
    module, _, attribute = METHODS[name].partition(":")
    kind: type[Method] = getattr(importlib.import_module(module), attribute)
    torch.manual_seed(0)
    transformer = name in TRANSFORMERS
    encoder = (
        Encoder("vit_tiny_patch16_224", SIZE, patch=4, depth=1)
        if transformer
        else Encoder("resnet8", SIZE)
    )
    classes = () if kind.labels == "unused" else (CLASSES,)
    return kind(encoder, *classes, **(SMALLER.get(name, {}) | settings))


def with_small_views(batch: Batch) -> Batch:
    """Three small views beside the large ones, for methods that take many."""
    small = [torch.rand(len(batch.image), 3, SIZE // 2, SIZE // 2) for _ in range(3)]
    return batch._replace(views=(*batch.views, *small))


def make_batch(images: int = 8) -> Batch:
    """Images of plain noise; the second view is the first with a little more noise."""
    generator = torch.Generator().manual_seed(1)
    first = torch.rand(images, 3, SIZE, SIZE, generator=generator)
    second = (first + 0.1 * torch.rand(first.shape, generator=generator)).clamp(0, 1)
    image = torch.arange(images)
    return Batch((first, second), image, image % CLASSES, image_keys(0, 0, image))
