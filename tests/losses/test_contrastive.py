"""NT-Xent against numbers computed elsewhere, slow loops in float64 and lightly."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lookalike.losses.contrastive import nt_xent
from losses import slow
from losses.cases import FIRST, SECOND, many, normal, seeds, temperatures


@pytest.mark.parametrize(
    ("negatives", "temperature", "expected"),
    [
        ("both", 0.5, 0.957196),
        ("both", 0.1, 0.443654),
        ("other view", 0.5, 0.603701),
        ("other view", 0.1, 0.382934),
    ],
)
def test_known_values(negatives: str, temperature: float, expected: float) -> None:
    loss = nt_xent(FIRST, SECOND, temperature, negatives=negatives)
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_two_images_at_right_angles() -> None:
    first = torch.eye(2, dtype=torch.float64)
    assert nt_xent(first, first, 0.5).item() == pytest.approx(0.239545, abs=1e-6)


@pytest.mark.parametrize("images", [1, 2, 50])
@pytest.mark.parametrize("temperature", [0.01, 0.5, 100.0])
def test_identical_projections(images: int, temperature: float) -> None:
    z = torch.ones(images, 4)
    both = nt_xent(z, z, temperature).item()
    assert both == pytest.approx(math.log(2 * images - 1), abs=1e-4)
    one = nt_xent(z, z, temperature, negatives="other view").item()
    assert one == pytest.approx(math.log(images), abs=1e-4)


@many
@given(
    images=st.integers(1, 12),
    width=st.integers(1, 6),
    temperature=temperatures,
    negatives=st.sampled_from(["both", "other view"]),
    normalize=st.booleans(),
    seed=seeds,
)
def test_agrees_with_the_slow_loop(
    images: int, width: int, temperature: float, negatives: str, normalize: bool, seed: int
) -> None:
    z = normal(images, 2, width, seed=seed)
    expected = slow.nt_xent(z, temperature, negatives, normalize)
    actual = nt_xent(z[:, 0], z[:, 1], temperature, negatives=negatives, normalize=normalize)
    assert actual.item() == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("negatives", ["both", "other view"])
def test_symmetries(negatives: str) -> None:
    z = normal(2, 6, 3, seed=0)
    loss = nt_xent(z[0], z[1], 0.2, negatives=negatives)
    shuffled = torch.randperm(6)
    for other in (z.flip(0), z[:, shuffled], z * torch.tensor([3, 1 / 7])[:, None, None]):
        same = nt_xent(other[0], other[1], 0.2, negatives=negatives)
        assert torch.allclose(same, loss, rtol=1e-12)


def test_gradient_is_orthogonal_to_the_projection() -> None:
    z = normal(2, 6, 3, seed=0).requires_grad_()
    nt_xent(z[0], z[1], 0.2).backward()
    assert z.grad is not None
    assert z.grad.abs().amin() > 1e-6
    assert torch.allclose((z * z.grad).sum(2), torch.zeros(2, 6, dtype=torch.float64), atol=1e-12)


@pytest.mark.parametrize("temperature", [0.01, 0.1, 0.5, 100.0])
def test_equals_lightly(temperature: float) -> None:
    lightly = pytest.importorskip("lightly.loss", reason="lightly is not installed")
    first, second = normal(2, 16, 8, seed=0)
    theirs = lightly.NTXentLoss(temperature)(first, second)
    assert torch.allclose(nt_xent(first, second, temperature), theirs, rtol=1e-10)
