"""A first look at a set of images, without decoding them: how many, how large, of how many channels.

This file, `build` and `estimate` are those of this package that need torch.
"""

from pathlib import Path
from statistics import median
from typing import NamedTuple, cast

import torch

from lookalike.data.decoding import Header, UnreadableImage, read_header
from lookalike.data.inspection import common_channels
from lookalike.data.listing import Listing
from lookalike.data.named import NAMED
from lookalike.data.opening import open_source
from lookalike.data.places import splits_at
from lookalike.data.sources import Images, Photos
from lookalike.data.threads import quiet

SAMPLE = 32
"""How many headers are read."""


class Look(NamedTuple):
    """What there is.

    Args:
        images: how many, some of which may turn out to be unreadable.
        side: the longer side of a typical one, in pixels.
        channels: 1, 3 or those of arrays.
    """

    images: int
    side: int
    channels: int


def look(data: str, limit: int | None = None) -> Look:
    """The images to train on.

    Args:
        data: a folder, a Parquet file or a named set.
        limit: only the first so many.

    Raises:
        DataError: there are none.
    """
    headers: list[Header] = []
    if data not in NAMED:
        listing = splits_at(Path(data))["train"](limit)
        headers = _headers(listing)
    if headers:
        side = int(median(max(header.height, header.width) for header in headers))
        return Look(len(listing.label), side, common_channels(headers))
    source = open_source(
        data, limit=limit
    )  # a named set; or no header can be read, and it says why
    if isinstance(source, Photos):
        return Look(len(source), int(source.sizes.amax(1).median()), source.channels)
    return Look(len(source), max(cast(Images, source).images.shape[2:]), source.channels)


def device_kind(device: str) -> str:
    """ "cpu" or "cuda" for what the user calls "auto", "cpu", "cuda" or "cuda:1"."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return device.partition(":")[0]


def _headers(listing: Listing) -> list[Header]:
    """Those of a few images, spread over the whole set."""
    found = []
    with quiet():
        for row in range(0, len(listing.label), max(1, len(listing.label) // SAMPLE)):
            try:
                found.append(read_header(listing.files, row))
            except UnreadableImage:  # the source will name it
                continue
    return found
