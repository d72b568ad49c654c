"""What methods that rebuild images are seen to make of them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from contract.micro import build, make_batch
from lookalike.data.sources import open_source
from lookalike.gallery.reconstructions import reconstructions_sheet
from lookalike.losses.reconstruction import normalized, restored
from lookalike.nn.vit import patches
from lookalike.views.operations import Normalize
from lookalike.views.policy import Policy
from lookalike.views.presets import plain

POLICY = plain(Policy(size=16, normalize=Normalize(mean=(0.5,) * 3, std=(0.25,) * 3)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures of 16 px: colour ramps of different brightness."""
    ramp = np.linspace(0, 255, 256).reshape(16, 16, 1)
    for i in range(10):
        pixels = np.broadcast_to(ramp * (i + 1) / 10, (16, 16, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
    return tmp_path


def test_restored_is_the_inverse_of_normalized() -> None:
    rows = torch.rand(2, 4, 12, dtype=torch.float64)
    assert torch.allclose(restored(normalized(rows), rows), rows, rtol=1e-10)


def test_visible_patches_are_the_images_own() -> None:
    method, batch = build("mae").eval(), make_batch()
    image, visible, rebuilt = method.reconstruct(batch).values()
    assert torch.equal(image, batch.views[0])
    shown = (patches(visible, 4) == patches(image, 4)).all(2)
    assert shown.sum(1).tolist() == [4] * 8
    assert torch.equal(patches(rebuilt, 4)[shown], patches(image, 4)[shown])
    # What is rebuilt of a hidden patch has the true patch's mean only if the prediction has none.
    assert not torch.equal(patches(rebuilt, 4)[~shown], patches(image, 4)[~shown])


@pytest.mark.parametrize(("name", "lent"), [("mae", True), ("denoising", False)])
def test_a_sheet_is_drawn(name: str, lent: bool, folder: Path) -> None:
    source, path = open_source(str(folder), "train"), folder / "sheet.png"
    method = build(name)
    assert reconstructions_sheet(method, source, POLICY, path)
    assert method.training
    with Image.open(path) as sheet:
        assert sheet.width < sheet.height
    assert any("true patches" in caption for caption in method.reconstruct(make_batch())) == lent


def test_most_methods_rebuild_nothing(folder: Path) -> None:
    source, path = open_source(str(folder), "train"), folder / "sheet.png"
    assert not reconstructions_sheet(build("simclr"), source, POLICY, path)
    assert not path.exists()
