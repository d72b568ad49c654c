"""Corrupts 8-bit images: the same images, keys and settings give the same bytes in any batch."""

import importlib
from collections.abc import Callable

import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.errors import UsageError, did_you_mean
from lookalike.evaluation.corruptions import EXTRA, KINDS
from lookalike.evaluation.corruptions.digital import jpeg
from lookalike.evaluation.corruptions.numbers import Keys, Pixels, eight_bit
from lookalike.evaluation.corruptions.severity import SEVERITIES, Constants, side_of
from lookalike.randomness import image_keys, number
from lookalike.views.rows import Images

SAVED = {
    32: "8-bit values, as CIFAR-10-C is",
    64: "8-bit values",
    224: "JPEG of quality 85, as ImageNet-C is",
}
"""How a corrupted copy is kept, by the side whose constants are used."""

_VALUES = 1 << 21  # of images corrupted at once: 16 MB in float64


def corrupted_copy(
    images: Pixels, kind: str, severity: int, image: Int[Tensor, " n"], *, seed: int
) -> Pixels:
    """One part of the benchmark: every image corrupted by chance of its own, and saved (SAVED).

    Args:
        images: on the CPU, of 1 or 3 channels, of the size the encoder sees.
        kind: of KINDS or EXTRA.
        severity: 1 … 5.
        image: the number of each in its source.
        seed: of all that is drawn.
    """
    key = image_keys(number("corruption", seed, kind), severity, image)
    found = corrupt(images, kind, severity, key)
    return jpeg(found, 85) if side_of(images.shape[2]) == 224 else found


def corrupt(images: Pixels, kind: str, severity: int, key: Keys, side: int | None = None) -> Pixels:
    """The images with one kind of corruption, clipped and truncated to 8 bits.

    Args:
        images: on the CPU, of 1 or 3 channels.
        kind: of KINDS or EXTRA.
        severity: 1 … 5.
        key: one per image; its result depends on nothing else of the batch.
        side: 32, 64 or 224, whose constants are used; None is `side_of` the images' height.

    Raises:
        UsageError: there is no such kind, severity or side, or the images have other channels.
    """
    if images.shape[1] not in (1, 3):
        raise UsageError(
            f"Images of {images.shape[1]} channels cannot be corrupted.",
            why="The corruptions are defined for grey and RGB images.",
        )
    change = _function(kind)
    constants = _constants(kind, severity, side or side_of(images.shape[2]))
    piece = max(1, _VALUES // images[0].numel())
    pieces = zip(images.split(piece), key.split(piece), strict=True)
    return torch.cat([eight_bit(change(each.double() / 255, k, *constants)) for each, k in pieces])


def _function(kind: str) -> Callable[..., Images]:
    known = KINDS | EXTRA
    if kind not in known:
        raise UsageError(
            f"There is no kind of corruption called {kind!r}.", do=did_you_mean(kind, known)
        )
    module, name = known[kind].split(":")
    function: Callable[..., Images] = getattr(importlib.import_module(module), name)
    return function


def _constants(kind: str, severity: int, side: int) -> Constants:
    if severity not in range(1, 6):
        raise UsageError(f"Severities are 1 to 5, not {severity}.")
    if side not in SEVERITIES[kind]:
        raise UsageError(f"There are constants for sides of 32, 64 and 224 pixels, not {side}.")
    return SEVERITIES[kind][side][severity - 1]
