"""Only the chosen rows change."""

import torch

from lookalike.views.rows import change


def test_change() -> None:
    images, factor = torch.rand(5, 1, 2, 2), torch.arange(5.0)
    before = images.clone()
    chosen = torch.tensor([True, False, False, True, True])
    change(images, chosen, lambda x, f: x * f[:, None, None, None], factor)
    assert torch.equal(images[~chosen], before[~chosen])
    assert torch.equal(images[chosen], before[chosen] * factor[chosen][:, None, None, None])


def test_no_rows_do_not_call() -> None:
    def fail(images: torch.Tensor) -> torch.Tensor:
        raise AssertionError

    change(torch.rand(2, 1, 2, 2), torch.tensor([False, False]), fail)
