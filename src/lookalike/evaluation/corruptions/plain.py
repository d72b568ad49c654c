"""Clean images at the encoder's size, in 8 bits, before they are normalised."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.data.loading import in_order
from lookalike.data.sources import Source
from lookalike.evaluation.corruptions.numbers import Pixels
from lookalike.views.policy import Policy

_BATCH = 256


class Clean(NamedTuple):
    """Some images of a source, on the CPU."""

    pixels: Pixels
    image: Int[Tensor, " n"]
    label: Int[Tensor, " n"]


def clean(
    source: Source, policy: Policy, *, device: torch.device, workers: int = 0
) -> Iterator[Clean]:
    """Every readable image once, in order, batch by batch.

    Args:
        source: the images.
        policy: a plain one (`views.presets.plain`); its normalisation is left out.
        device: where images in memory are resized.
        workers: processes that decode photos.
    """
    bare = replace(policy, normalize=None)
    for batch in in_order(source, bare, batch=_BATCH, device=device, workers=workers):
        pixels = (batch.views[0] * 255).round().to(torch.uint8)
        yield Clean(pixels.cpu(), batch.image.cpu(), batch.label.cpu())
