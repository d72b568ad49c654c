"""Moments of a training that nobody did."""

import torch
from torch import Tensor

from lookalike.method import Batch, Step
from lookalike.methods.simclr import SimCLR
from lookalike.nn.encoder import Encoder
from lookalike.training.monitors import Moment


def moment(update: int, updates: int, **numbers: Tensor) -> Moment:
    """After `update`, with loss 2.5 and rate 0.1, on 8 images."""
    step = Step(torch.tensor(2.5), torch.zeros(8, 64), numbers)
    image = torch.arange(8)
    views = (torch.zeros(8, 3, 8, 8), torch.ones(8, 3, 8, 8))
    batch = Batch(views, image, image, image)
    return Moment(update, updates, step, 0.1, SimCLR(Encoder("resnet8", 8)), 8, batch)
