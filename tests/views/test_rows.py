"""Only the chosen rows change."""

import torch

from lookalike.views.rows import change, groups


def test_change() -> None:
    images, factor = torch.rand(5, 1, 2, 2), torch.arange(5.0)
    before, rows, others = images.clone(), [0, 3, 4], [1, 2]
    view = change(images, rows, lambda x, f: x * f[:, None, None, None], factor)
    assert torch.equal(view[others], before[others])
    assert torch.equal(view[rows], before[rows] * factor[rows][:, None, None, None])


def test_all_rows_change_without_touching_the_input() -> None:
    images = torch.rand(3, 1, 2, 2)
    before = images.clone()
    view = change(images, [0, 1, 2], lambda x: x + 1)
    assert torch.equal(images, before)
    assert torch.equal(view, before + 1)


def test_no_rows_do_not_call() -> None:
    def fail(images: torch.Tensor) -> torch.Tensor:
        raise AssertionError

    images = torch.rand(2, 1, 2, 2)
    assert change(images, [], fail) is images


def test_groups() -> None:
    assert groups(torch.tensor([2.0, 0.0, 2.0])) == {0: [1], 2: [0, 2]}
