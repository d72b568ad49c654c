"""Which patches stay visible."""

import pytest
import torch
from torch import Tensor

from lookalike.randomness import image_keys
from lookalike.views.masks import Kind, visible_patches

KEY = image_keys(0, 0, torch.arange(300))


def hidden(kind: Kind, side: int, share: float) -> Tensor:
    visible = visible_patches(KEY, (side, side), share, kind)
    return torch.ones(300, side * side, dtype=torch.bool).scatter(1, visible, False)


@pytest.mark.parametrize(
    ("side", "share", "kept"), [(14, 0.75, 49), (14, 0.6, 78), (14, 0.9, 19), (8, 0.75, 16)]
)
@pytest.mark.parametrize("kind", ["random", "block"])
def test_as_many_stay_as_in_the_official_code(
    kind: Kind, side: int, share: float, kept: int
) -> None:
    mask = hidden(kind, side, share)
    assert set((~mask).sum(1).tolist()) == {kept}
    assert len(mask.unique(dim=0)) > 280


def test_a_tenth_of_ten_is_one() -> None:
    assert visible_patches(KEY, (2, 5), 0.9).shape == (300, 1)


def test_every_patch_is_hidden_equally_often() -> None:
    share = hidden("random", 8, 0.75).double().mean(0)
    assert (share - 0.75).abs().max() < 4 * (0.75 * 0.25 / 300) ** 0.5


def test_grid_keeps_one_of_four() -> None:
    mask = hidden("grid", 4, 0.0)[0].view(4, 4)
    assert (~mask).nonzero().tolist() == [[0, 0], [0, 2], [2, 0], [2, 2]]


def test_blocks_hide_neighbours_together() -> None:
    """How often the right neighbour of a hidden patch is hidden, too."""

    def together(mask: Tensor) -> float:
        grid = mask.view(-1, 14, 14)
        pairs = grid[:, :, :-1] & grid[:, :, 1:]
        return pairs.sum().item() / grid[:, :, :-1].sum().item()

    assert together(hidden("random", 14, 0.5)) == pytest.approx(0.5, abs=0.02)
    assert together(hidden("block", 14, 0.5)) > 0.75
