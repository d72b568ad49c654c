"""Views of several sizes (the multi-crop of SwAV, section 3.2) through one network."""

from collections.abc import Sequence
from itertools import groupby

import torch
from torch import Tensor, nn


def of_all_views(network: nn.Module, views: Sequence[Tensor]) -> Tensor:
    """What a network makes of views [n, c, h, w] of n images: [views · n, d], view by view.

    Neighbours of one size go through it together, as in SwAV's and DINO's codes, so batch norm
    mixes them and never views of different sizes.
    """
    sizes = groupby(views, key=lambda view: view.shape[2:])
    return torch.cat([network(torch.cat([*group])) for _, group in sizes])
