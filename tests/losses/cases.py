"""Random cases, and the angles of the known values."""

import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from torch import Tensor

from lookalike.losses import positives, streaming

many = settings(max_examples=500, deadline=None, derandomize=True)
seeds = st.integers(0, 2**31)
temperatures = st.sampled_from([0.01, 0.1, 0.5, 1.0, 100.0])
groups = st.lists(st.integers(-1, 3), min_size=1, max_size=6)


def normal(*shape: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64, generator=generator)


def circle(*degrees: float) -> Tensor:
    angles = torch.tensor(degrees, dtype=torch.float64).deg2rad()
    return torch.stack((angles.cos(), angles.sin()), dim=1)


FIRST, SECOND = circle(0, 40, 100), circle(15, 68, 127)
LABELS = torch.tensor([0, 1, 0])


def small_blocks(monkeypatch: pytest.MonkeyPatch, side: int) -> None:
    """Lets few rows fill several tiles and pieces."""
    monkeypatch.setattr(streaming, "BLOCK", side)
    monkeypatch.setattr(positives, "PIECE", side)
