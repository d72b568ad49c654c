"""MAE's loss against numbers computed elsewhere and slow loops in float64."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lookalike.losses.reconstruction import normalized, reconstruction
from losses import slow
from losses.cases import many, normal, seeds


def test_known_patch() -> None:
    patches = torch.tensor([[[1.0, 2.0, 3.0, 4.0]]], dtype=torch.float64)
    expected = [-1.161895, -0.387298, 0.387298, 1.161895]
    assert normalized(patches)[0, 0].tolist() == pytest.approx(expected, abs=1e-6)
    hidden = torch.ones(1, 1, dtype=torch.bool)
    error = reconstruction(torch.zeros_like(patches), patches, hidden).item()
    assert error == pytest.approx(0.75, abs=1e-6)  # Σ (x - mean)² / variance = 3, of 4 numbers
    raw = reconstruction(torch.zeros_like(patches), patches, hidden, normalize=False)
    assert raw.item() == 7.5


@many
@given(
    images=st.integers(1, 3),
    count=st.integers(1, 6),
    width=st.integers(2, 6),
    normalize=st.booleans(),
    seed=seeds,
)
def test_agrees_with_the_slow_loop(
    images: int, count: int, width: int, normalize: bool, seed: int
) -> None:
    prediction, patches = normal(2, images, count, width, seed=seed)
    mask = normal(images, count, seed=seed + 1) > 0
    expected = [
        slow.reconstruction(*image, normalize)
        for image in zip(prediction.tolist(), patches.tolist(), mask.tolist(), strict=True)
    ]
    actual = reconstruction(prediction, patches, mask, normalize=normalize).tolist()
    assert actual == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_the_mean_over_images_is_the_mean_over_hidden_patches() -> None:
    prediction, patches = normal(2, 5, 8, 6, seed=0)
    mask = normal(5, 8, seed=1).argsort(1) < 6  # six of eight in each
    error = (prediction - normalized(patches)).square().mean(2)
    expected = (error * mask).sum() / mask.sum()
    assert torch.allclose(reconstruction(prediction, patches, mask).mean(), expected, rtol=1e-12)


def test_visible_patches_do_not_count() -> None:
    prediction, patches = normal(2, 2, 4, 6, seed=0)
    mask = torch.tensor([[True, False, True, False]] * 2)
    changed = prediction + 5 * ~mask[:, :, None]
    loss = reconstruction(prediction, patches, mask)
    assert torch.equal(reconstruction(changed, patches, mask), loss)
    prediction.requires_grad_()
    reconstruction(prediction, patches, mask).sum().backward()
    assert prediction.grad is not None
    assert torch.equal(prediction.grad.abs().sum(2) > 0, mask)


def test_gradcheck() -> None:
    prediction, patches = normal(2, 2, 3, 4, seed=0).requires_grad_()
    mask = torch.tensor([[True, False, True]] * 2)
    assert torch.autograd.gradcheck(lambda p, x: reconstruction(p, x, mask), (prediction, patches))
