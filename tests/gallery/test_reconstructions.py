"""What methods that rebuild images are seen to make of them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from contract.micro import build, make_batch
from lookalike.data.opening import open_source
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
    (image,), *found = method.reconstruct(batch).values()
    assert torch.equal(image, batch.views[0])
    for (visible, rebuilt), left in zip(found, (12, 8, 4, 1), strict=True):  # of 16 patches
        shown = (patches(visible, 4) == patches(image, 4)).all(2)
        assert shown.sum(1).tolist() == [left] * 8
        assert torch.equal(patches(rebuilt, 4)[shown], patches(image, 4)[shown])
        # What is rebuilt of a hidden patch has the true patch's mean only if the prediction has none.
        assert not torch.equal(patches(rebuilt, 4)[~shown], patches(image, 4)[~shown])


def test_the_share_of_the_training_is_among_those_shown() -> None:
    def captions(**settings: object) -> list[str]:
        found = build("mae", normalize=False, **settings).reconstruct(make_batch())
        return [caption.removesuffix(" hidden") for caption in found]

    assert captions() == ["image", "25 %", "50 %", "75 %", "94 %"]
    assert captions(mask_ratio=0.6) == ["image", "25 %", "50 %", "62 %", "75 %", "94 %"]
    assert captions(mask="grid") == ["image", "75 %"]


@pytest.mark.parametrize(("name", "lent"), [("mae", True), ("denoising", False)])
def test_a_sheet_is_drawn(name: str, lent: bool, folder: Path) -> None:
    source, path = open_source(str(folder), "train"), folder / "sheet.png"
    method = build(name)
    assert reconstructions_sheet(method, source, POLICY, path)
    assert method.training
    with Image.open(path) as sheet:
        assert (sheet.width > sheet.height) == (name == "mae")  # four shares of hidden patches
    assert any("true patches" in caption for caption in method.reconstruct(make_batch())) == lent


def test_most_methods_rebuild_nothing(folder: Path) -> None:
    source, path = open_source(str(folder), "train"), folder / "sheet.png"
    assert not reconstructions_sheet(build("simclr"), source, POLICY, path)
    assert not path.exists()
