"""NT-Xent against numbers computed elsewhere and a slow loop in float64."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lookalike.losses import streaming
from lookalike.losses.contrastive import nt_xent


def circle(*degrees: float) -> Tensor:
    angles = torch.tensor(degrees, dtype=torch.float64).deg2rad()
    return torch.stack((angles.cos(), angles.sin()), dim=1)


FIRST, SECOND = circle(0, 40, 100), circle(15, 68, 127)


def slow(first: Tensor, second: Tensor, temperature: float, normalize: bool = True) -> float:
    """Algorithm 1, term by term, with interleaved views as the paper numbers them."""
    views = [v.tolist() for pair in zip(first, second, strict=True) for v in pair]
    if normalize:
        views = [[x / math.sqrt(sum(y * y for y in v)) for x in v] for v in views]
    total = 0.0
    for i, anchor in enumerate(views):
        scores = [sum(a * b for a, b in zip(anchor, v, strict=True)) / temperature for v in views]
        others = [s for k, s in enumerate(scores) if k != i]
        top = max(others)
        total += top + math.log(sum(math.exp(s - top) for s in others)) - scores[i ^ 1]
    return total / len(views)


@pytest.mark.parametrize(("temperature", "expected"), [(0.5, 0.957196), (0.1, 0.443654)])
def test_known_values(temperature: float, expected: float) -> None:
    assert nt_xent(FIRST, SECOND, temperature).item() == pytest.approx(expected, abs=1e-6)


def test_two_images_at_right_angles() -> None:
    first = torch.eye(2, dtype=torch.float64)
    assert nt_xent(first, first, 0.5).item() == pytest.approx(0.239545, abs=1e-6)


@pytest.mark.parametrize("images", [1, 2, 50])
@pytest.mark.parametrize("temperature", [0.01, 0.5, 100.0])
def test_identical_projections(images: int, temperature: float) -> None:
    z = torch.ones(images, 4)
    expected = math.log(2 * images - 1)
    assert nt_xent(z, z, temperature).item() == pytest.approx(expected, abs=1e-4)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    images=st.integers(1, 12),
    width=st.integers(1, 6),
    temperature=st.sampled_from([0.01, 0.1, 0.5, 1.0, 100.0]),
    normalize=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_agrees_with_the_slow_loop(
    images: int, width: int, temperature: float, normalize: bool, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(2, images, width, dtype=torch.float64, generator=generator)
    expected = slow(z[0], z[1], temperature, normalize)
    actual = nt_xent(z[0], z[1], temperature, normalize=normalize).item()
    assert actual == pytest.approx(expected, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("numbers", [1, 40, 1 << 22])
def test_gradient_for_any_size_of_block(numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "BLOCK_NUMBERS", numbers)
    z = torch.randn(2, 5, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: nt_xent(z[0], z[1], 0.3), z)
    others = torch.randn(4, 2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda z, o: nt_xent(z[0], z[1], 0.3, everyone=torch.cat((o, z.transpose(0, 1))), start=4),
        (z, others),
    )


def test_float32_inside_autocast() -> None:
    z = torch.randn(2, 64, 32)
    exact = nt_xent(z[0].double(), z[1].double(), 0.1)
    with torch.autocast("cpu", torch.bfloat16):
        loss = nt_xent(z[0], z[1], 0.1)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(exact.item(), rel=1e-5)


def test_symmetries() -> None:
    z = torch.randn(2, 6, 3, dtype=torch.float64)
    loss = nt_xent(z[0], z[1], 0.2)
    shuffled = torch.randperm(6)
    assert torch.allclose(nt_xent(z[1], z[0], 0.2), loss)
    assert torch.allclose(nt_xent(z[0, shuffled], z[1, shuffled], 0.2), loss)
    assert torch.allclose(nt_xent(3 * z[0], z[1] / 7, 0.2), loss)


def test_gradient_is_orthogonal_to_the_projection() -> None:
    z = torch.randn(2, 6, 3, dtype=torch.float64, requires_grad=True)
    nt_xent(z[0], z[1], 0.2).backward()
    assert z.grad is not None
    assert torch.allclose((z * z.grad).sum(2), torch.zeros(2, 6, dtype=torch.float64), atol=1e-12)


def test_shares_of_two_processes_add_up() -> None:
    z = torch.randn(7, 2, 4, dtype=torch.float64)
    whole = nt_xent(z[:, 0], z[:, 1], 0.3)
    one = nt_xent(z[:5, 0], z[:5, 1], 0.3, everyone=z, start=0)
    two = nt_xent(z[5:, 0], z[5:, 1], 0.3, everyone=z, start=5)
    assert torch.allclose(one + two, whole, rtol=1e-12)
