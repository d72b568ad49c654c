"""Whether pairs of pictures that somebody else found alike are nearly the same on their pixels."""

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from lookalike.check.alike import confirmed
from lookalike.check.duplicates import LEAST_SIDE
from lookalike.check.pictures import measure
from lookalike.data.sources import Source, chosen

_SIDE = 64  # of the squares that are compared


def confirm(
    source: Source,
    first: Int[Tensor, " m"],
    second: Int[Tensor, " m"],
    mirrored: Bool[Tensor, " m"],
) -> Bool[Tensor, " m"]:
    """Which pairs are copies: re-encoded, resized, cut a little, brightened, or as named, mirrored.

    Of equal files no pixel is compared. Other pictures below 24 px or without details hold too little
    to say so of them.

    Args:
        source: of the pictures; each of the pairs is decoded once.
        first, second: rows of the source.
        mirrored: whether the one is to be compared with the other's mirror image.
    """
    rows = torch.cat([first, second]).unique()
    pictures = measure(chosen(source, rows), _SIDE) if len(rows) else None
    good = torch.zeros(len(first), dtype=torch.bool)
    if pictures is None or not len(pictures):
        return good
    number = torch.full((len(source),), -1)
    number[rows[torch.from_numpy(pictures.row)]] = torch.arange(len(pictures))
    one, other = number[first], number[second]
    content = _numbers(pictures.digest)
    large = torch.from_numpy((pictures.sizes.min(1) >= LEAST_SIDE).astype(np.bool_))
    readable = (one >= 0) & (other >= 0)
    same = readable & (content[one] == content[other])
    asked = (readable & ~same & large[one] & large[other]).nonzero()[:, 0]
    found = confirmed(pictures.grey, one[asked], other[asked], mirrored[asked])
    name = found.first * len(pictures) + found.second
    good[asked] = torch.isin(one[asked] * len(pictures) + other[asked], name)
    return good | same


def _numbers(digests: list[tuple[bytes, bytes]]) -> Int[Tensor, " n"]:
    """A number for each picture, the same for equal pixels."""
    first: dict[bytes, int] = {}
    return torch.tensor([first.setdefault(pixels, len(first)) for _, pixels in digests])
