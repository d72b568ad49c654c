"""Photos to crops: what decode workers do.

A request names a few images: each is decoded once, and each view's crop is cut from it and resized.
All else that happens to a view happens later, in the batch.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from lookalike.data.decoding import UnreadableImage
from lookalike.data.reasons import Remark, in_words
from lookalike.data.sources import Reader
from lookalike.randomness import image_keys
from lookalike.views.policy import Fit, Policy
from lookalike.views.render import Drawn, crop_photo, draw

TASK = 32
"""Images in a task: few, so that little shared memory is held and all workers help each batch."""

REDUCTIONS = (8, 4, 2)
"""Fractions of a photo's sides at which it may be decoded."""

SHRINK = 2
"""How many times as wide and high as its view a crop still is after a reduction, at least.

Resizing then averages away in what the reduced photo differs: about 0.5 of 255 is left on average.
"""


class Request(NamedTuple):
    """Some images in some epoch."""

    epoch: int
    rows: list[int]


def tasks(request: Request) -> list[Request]:
    """The request in parts of at most `TASK` images."""
    return [
        Request(request.epoch, request.rows[first : first + TASK])
        for first in range(0, len(request.rows), TASK)
    ]


class Crops(NamedTuple):
    """What became of a request."""

    rows: list[int]  # those that could be read
    views: tuple[UInt8[Tensor, "n c s s"], ...]  # none if no image could be read
    failed: list[tuple[str, str]]  # name and reason of the others
    odd: list[tuple[str, str]]  # name and what is to be said of some of them


@dataclass(frozen=True)
class Cropper:
    """Cuts the crops of a request, as a mapping for torch's DataLoader."""

    reader: Reader
    policies: tuple[Policy, ...]
    seed: int

    def __getitem__(self, request: Request) -> Crops:
        rows = torch.tensor(request.rows)
        key, sizes = image_keys(self.seed, request.epoch, rows), self.reader.sizes[rows]
        drawn = [draw(policy, key, view, sizes) for view, policy in enumerate(self.policies)]
        crops, kept, failed, odd = [], [], [], []
        for place, row in enumerate(request.rows):
            here = slice(place, place + 1)
            try:
                cut, remarks = self._crops(row, [each.rows(here) for each in drawn])
            except UnreadableImage as error:
                failed.append((error.name, error.reason))
            else:
                crops.append(cut)
                kept.append(row)
                odd += [(self.reader.files.name(row), remark) for remark in in_words(remarks)]
        views = tuple(torch.stack(view) for view in zip(*crops, strict=True))
        return Crops(kept, views, failed, odd)

    def _crops(self, row: int, drawn: list[Drawn]) -> tuple[list[UInt8[Tensor, "c _ _"]], Remark]:
        """Each view's crop of one photo, which is decoded no larger than they need."""
        views = list(zip(self.policies, drawn, strict=True))
        room = min(_room(policy, each) for policy, each in views)
        reduction = next((reduction for reduction in REDUCTIONS if reduction <= room), 1)
        photo, remarks = self.reader.read(row, reduction)
        if list(photo.shape[1:]) == self.reader.sizes[row].tolist():
            return [crop_photo(photo, policy, each) for policy, each in views], remarks
        return [_crop_reduced(photo, policy, each, reduction) for policy, each in views], remarks


def _room(policy: Policy, drawn: Drawn) -> int:
    """How far the photo may be reduced for this view."""
    averages = isinstance(policy.crop, Fit) or policy.crop.antialias
    return int(drawn.box[0, 2:].min()) // (SHRINK * policy.size) if averages else 1


def _crop_reduced(
    photo: UInt8[Tensor, "c h w"], policy: Policy, drawn: Drawn, reduction: int
) -> UInt8[Tensor, "c s s"]:
    """`crop_photo` where the box ends between pixels: Pillow's resizing is torch's, and allows it."""
    top, left, height, width = (drawn.box[0] / reduction).tolist()
    first, before = int(top), int(left)
    part = photo[:, first : math.ceil(top + height), before : math.ceil(left + width)]
    pixels = part.permute(1, 2, 0).numpy()
    image = Image.fromarray(pixels if len(photo) == 3 else pixels[:, :, 0])
    box = (left - before, top - first, left - before + width, top - first + height)
    small = image.resize((policy.size, policy.size), _RESAMPLING[policy.crop.interpolation], box)
    view = torch.from_numpy(np.array(small).reshape(policy.size, policy.size, -1)).permute(2, 0, 1)
    return view.flip(2) if drawn.flip[0] else view


_RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
