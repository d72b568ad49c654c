"""Overlap against counted pixels, and colour histograms against numpy's."""

import numpy as np
import pytest
import torch

from lookalike.views.shortcuts import BINS, found_by_colour, overlap


def test_overlap_is_counted_pixels() -> None:
    generator = torch.Generator().manual_seed(0)
    boxes = torch.randint(0, 20, (2, 200, 4), generator=generator)
    boxes[..., 2:] += 1
    shares = overlap(boxes[0], boxes[1])
    for i in range(200):
        masks = np.zeros((2, 50, 50), dtype=bool)
        for mask, (top, left, height, width) in zip(masks, boxes[:, i].tolist(), strict=True):
            mask[top : top + height, left : left + width] = True
        exact = (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()
        assert shares[i].item() == pytest.approx(exact)
    assert (shares == 0).any()
    assert (shares > 0.5).any()


def test_found_by_colour_is_the_nearest_histogram() -> None:
    generator = torch.Generator().manual_seed(1)
    first = torch.rand(40, 3, 9, 9, generator=generator)
    second = (0.7 * first + 0.3 * torch.rand(40, 3, 9, 9, generator=generator)).flip(3)

    def histogram(view: np.ndarray) -> np.ndarray:
        return np.concatenate([np.histogram(c, BINS, (0, 1))[0] for c in view])

    ours = [histogram(view) for view in first.numpy()]
    theirs = [histogram(view) for view in second.numpy()]
    found = [np.argmin([np.abs(a - b).sum() for b in theirs]) == i for i, a in enumerate(ours)]
    assert found_by_colour(first, second) == pytest.approx(np.mean(found))
    assert 0.05 < np.mean(found) < 1  # the case decides something


def test_same_colours_are_always_found() -> None:
    views = torch.rand(20, 1, 8, 8)
    assert found_by_colour(views, views.flip(2)) == 1
    views[:, :, :4] = 1.0  # white belongs to the last bin
    assert found_by_colour(views, views) == 1
