"""Sets that need no files: they come with scikit-learn, or are computed."""

from collections.abc import Callable
from functools import cache
from typing import Literal, NamedTuple

import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from lookalike.data import shapes
from lookalike.data.labels import split

Split = Literal["train", "test"]


class Named(NamedTuple):
    """The pictures of one split, in memory."""

    images: UInt8[Tensor, "n c h w"]
    label: Int[Tensor, " n"]
    classes: tuple[str, ...]
    factors: dict[str, Tensor]


def digits(part: Split) -> Named:
    """Handwritten digits, 8 x 8 grey (UCI Optdigits, test part, as scikit-learn embeds it).

    A quarter of each class (450 of 1,797) is the test set; the 17 grey levels are spread over 0
    to 255.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    label = torch.from_numpy(bunch.target).long()
    images = (torch.from_numpy(bunch.images) * (255 / 16)).round().to(torch.uint8)
    train, test = split(label, 0.25, seed=0)
    rows = train if part == "train" else test
    return Named(images[rows, None], label[rows], tuple(map(str, range(10))), {})


@cache  # drawing them takes longer than a short training
def synthetic_shapes(part: Split) -> Named:
    """Coloured shapes with known factors, 32 x 32 RGB: 4,000 to train on and 1,000 to test."""
    seed, count = (0, 4000) if part == "train" else (1, 1000)
    factors = shapes.draw_factors(seed, count)
    return Named(shapes.render_shapes(factors), factors["shape"], shapes.SHAPES, factors)


NAMED: dict[str, Callable[[Split], Named]] = {"digits": digits, "shapes": synthetic_shapes}
