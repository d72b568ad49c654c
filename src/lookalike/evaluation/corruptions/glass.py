"""Frosted glass: pixels change places within a few pixels."""

import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.evaluation.corruptions.blur import gaussian_blur
from lookalike.evaluation.corruptions.numbers import Keys, eight_bit
from lookalike.randomness import uniform
from lookalike.views.rows import Images


def glass_blur(images: Images, key: Keys, deviation: float, farthest: int, rounds: int) -> Images:
    """Gaussian blur, 8 bits, `rounds` of copying (see `_origins`), Gaussian blur.

    The official code means to swap pixels but copies one of the two onto the other, as is done here.

    Args:
        images: in 0 … 1.
        key: one per image.
        deviation: of both blurs.
        farthest: pixels that a copy may come from, down and to the right one less.
        rounds: over all pixels.
    """
    height, width = images.shape[2:]
    pixels = eight_bit(gaussian_blur(images, key, deviation)).flatten(2)
    for turn in range(rounds):
        origin = _origins(key, f"glass_blur {turn}", height, width, farthest)
        pixels = pixels.gather(2, origin[:, None].expand(pixels.shape))
    return gaussian_blur(pixels.view(images.shape).to(images.dtype) / 255, key, deviation)


def _origins(
    key: Keys, purpose: str, height: int, width: int, farthest: int
) -> Int[Tensor, "n {height*width}"]:
    """Where each pixel's value comes from, when pixels are visited from the bottom right, row by
    row, and each takes the present value of another one near it.

    The other one has its new value if it was visited before, and its old one else. So every new
    value points to an old one or to another new one, and following all pointers at once, each time
    twice as far, ends at the old values without visiting pixels one by one.
    """
    count = height * width
    place = torch.arange(count).view(height, width)
    visited = place[farthest + 1 : height - farthest + 1, farthest + 1 : width - farthest + 1]
    numbers = uniform(key, purpose, 2 * visited.numel()).view(len(key), 2, *visited.shape)
    down, right = ((2 * farthest * numbers).long() - farthest).unbind(1)
    other = visited + down * width + right
    old, new = place.flatten().repeat(len(key), 1), place.repeat(len(key), 1, 1)
    new.flatten(1)[:, visited.flatten()] = (other + count * (other > visited)).flatten(1)
    pointer = torch.cat([old, new.flatten(1)], 1)
    while not torch.equal(farther := pointer.gather(1, pointer), pointer):
        pointer = farther
    return pointer[:, count:]
