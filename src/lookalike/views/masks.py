"""Which patches of each image MAE shows (section 3, and table 1f for the alternatives)."""

import math
from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor

from lookalike.randomness import uniform

Kind = Literal["random", "block", "grid"]
Grid = tuple[int, int]  # rows, columns

_TRIES = 10  # of a block, as in BEiT's code
_LEAST = 16  # patches of a block, likewise; in small grids a quarter of what is hidden
_ASPECT = (math.log(0.3), math.log(1 / 0.3))


def visible_patches(
    key: Int[Tensor, " n"], grid: Grid, hidden: float, kind: Kind = "random"
) -> Int[Tensor, "n k"]:
    """The numbers of the patches that stay visible: equally many in each image, others in each.

    Of l patches int(l · (1 - hidden)) stay, as in the official code.

    Args:
        key: of each image, from `lookalike.randomness.image_keys`.
        grid: rows and columns of patches, which are numbered row by row.
        hidden: share of the patches that are hidden, from 0 to less than 1.
        kind: "random" hides any; "block" large rectangles (BEiT), topped up or trimmed at random as
            all images hide equally many; "grid" keeps one of each 2 × 2 patches, whatever `hidden`
            says.
    """
    count = grid[0] * grid[1]
    if kind == "grid":
        corners = torch.arange(count, device=key.device).view(grid)[::2, ::2]
        return corners.flatten().expand(len(key), -1)
    keep = int(count * (1 - hidden) + 1e-9)
    rank = uniform(key, "mask", count)
    if kind == "block":
        numbers = uniform(key, "blocks", 4 * _TRIES * count).cpu()
        rank = rank + torch.stack([_blocks(each, grid, count - keep) for each in numbers]).to(rank)
    return torch.argsort(rank, dim=1, stable=True)[:, :keep]


def _blocks(numbers: Tensor, grid: Grid, hide: int) -> Tensor:
    """Rectangles until nearly `hide` patches are covered or none fits any more, as BEiT draws them."""
    rows, columns = grid
    mask = torch.zeros(rows, columns, dtype=torch.bool)
    draws = iter(numbers.view(-1, 4).tolist())
    least = min(_LEAST, max(1, hide // 4))
    missing = hide
    while missing > 0 and any(_covered(mask, next(draws), (least, missing)) for _ in range(_TRIES)):
        missing = hide - int(mask.sum())
    return mask.flatten()


def _covered(mask: Tensor, draw: list[float], size: tuple[int, int]) -> bool:
    """Covers one rectangle if it fits and adds between one patch and the missing ones."""
    (rows, columns), (least, missing) = mask.shape, size
    area = least + draw[0] * (max(least, missing) - least)
    aspect = math.exp(_ASPECT[0] + draw[1] * (_ASPECT[1] - _ASPECT[0]))
    height, width = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
    if not (0 < height < rows and 0 < width < columns):
        return False
    top, left = int(draw[2] * (rows - height + 1)), int(draw[3] * (columns - width + 1))
    part = mask[top : top + height, left : left + width]
    new = int((~part).sum())
    if not 0 < new <= missing:
        return False
    part.fill_(True)
    return True
