"""Pictures agree with their copies, and with nothing else."""

import numpy as np
import pytest
import torch
from PIL import Image

from lookalike.run.finding.agreement import AGREE, SIDE, agreement, square
from run.copies import tiles

PICTURES = [Image.fromarray(tile) for tile in tiles()[:24]]


def squares(pictures: list[Image.Image]) -> np.ndarray:
    return np.stack([square(torch.from_numpy(np.array(p)).permute(2, 0, 1)) for p in pictures])


@pytest.mark.parametrize(
    "box",
    [(0, 0, 48, 48), (3, 0, 48, 48), (0, 2, 46, 45), (2, 2, 46, 46)],
    ids=["brighter", "left", "right and ends", "all sides"],
)
def test_cut_and_brightened(box: tuple[int, int, int, int]) -> None:
    copies = [picture.crop(box).point(lambda v: 20 + 0.8 * v) for picture in PICTURES]
    one, other = squares(PICTURES), squares(copies)
    assert agreement(one, other).min() >= AGREE
    assert agreement(other, one).min() >= AGREE
    assert agreement(one, np.roll(other, 1, axis=0)).max() < AGREE


def test_what_is_flat_agrees_only_with_itself() -> None:
    flat = np.full((2, SIDE, SIDE), 200, np.uint8)
    flat[1, 0, 0] = 201
    assert agreement(flat[:1], flat[:1]).tolist() == [1.0]
    assert agreement(flat[:1], flat[1:]).tolist() == [0.0]
