"""Every method of the table, on an encoder small enough for seconds."""

import importlib

import torch

from lookalike.method import Batch, Method
from lookalike.methods import METHODS
from lookalike.nn.encoder import Encoder
from lookalike.randomness import image_keys

SIZE = 16


def build(name: str) -> Method:
    """The method `name` with its defaults on a micro encoder, always with the same weights."""
    module, _, attribute = METHODS[name].partition(":")
    torch.manual_seed(0)
    return getattr(importlib.import_module(module), attribute)(Encoder("resnet8", SIZE))


def make_batch(images: int = 8) -> Batch:
    """Images of plain noise; the second view is the first with a little more noise."""
    generator = torch.Generator().manual_seed(1)
    first = torch.rand(images, 3, SIZE, SIZE, generator=generator)
    second = (first + 0.1 * torch.rand(first.shape, generator=generator)).clamp(0, 1)
    image = torch.arange(images)
    return Batch((first, second), image, image % 2, image_keys(0, 0, image))
