"""Crops from photos decoded at a fraction of their size are those of the whole photos."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn import functional as F

from data.pictures import noise, photo_like, save
from lookalike.data import cropping
from lookalike.data.cropping import Cropper, Crops, Request, tasks
from lookalike.data.listing import FolderFiles
from lookalike.data.opening import open_source
from lookalike.data.sources import Reader
from lookalike.randomness import image_keys
from lookalike.views.policy import Crop, Fit, Policy
from lookalike.views.render import draw

CLOTHING = Path(__file__).parents[3] / "shared" / "data" / "photos-clothing" / "train"


@pytest.fixture
def reductions(monkeypatch) -> list[int]:
    """A list that grows by the reduction asked for whenever a photo is read."""
    asked = []

    def read(self, row, reduction=1, real=Reader.read):
        asked.append(reduction)
        return real(self, row, reduction)

    monkeypatch.setattr(Reader, "read", read)
    return asked


def reader(root: Path, sizes: list[tuple[int, int]]) -> Reader:
    """Photos 0.jpg, 1.jpg, … of the sizes given."""
    return Reader(
        FolderFiles(root, [f"{n}.jpg" for n in range(len(sizes))]), torch.tensor(sizes), 3
    )


def cropped(source: Reader, *policies: Policy, epoch: int = 0) -> Crops:
    return Cropper(source, policies, seed=0)[Request(epoch, list(range(len(source.sizes))))]


def from_whole(monkeypatch, source: Reader, *policies: Policy, epoch: int = 0) -> Crops:
    with monkeypatch.context() as patch:
        patch.setattr(cropping, "REDUCTIONS", ())
        return cropped(source, *policies, epoch=epoch)


def differences(first: Tensor, second: Tensor) -> Tensor:
    """For each image, how far the values differ on average, of 255."""
    return (first.float() - second.float()).abs().mean((1, 2, 3))


def box(source: Reader, policy: Policy, row: int, view: int = 0, epoch: int = 0) -> list[int]:
    """Top, left, height and width of what a view sees of a photo."""
    key = image_keys(0, epoch, torch.tensor([row]))
    return draw(policy, key, view, source.sizes[[row]]).box[0].tolist()


@pytest.mark.parametrize(
    ("side", "size", "reduction"),
    [(31, 8, 1), (32, 8, 2), (63, 8, 2), (64, 8, 4), (127, 8, 4), (128, 8, 8), (700, 8, 8)],
)
def test_a_photo_is_reduced_as_long_as_its_view_is_half_as_large(
    tmp_path, reductions, side, size, reduction
):
    save(tmp_path / "0.jpg", noise(0, side, side + 30))
    cropped(reader(tmp_path, [(side, side + 30)]), Policy(size=size, crop=Fit()))
    assert reductions == [reduction]


def test_the_view_that_needs_most_decides_for_each_photo(tmp_path, reductions):
    sizes = [(128, 200), (300, 64)]
    for number, size in enumerate(sizes):
        save(tmp_path / f"{number}.jpg", noise(0, *size))
    cropped(
        reader(tmp_path, sizes),
        Policy(size=4, crop=Fit()),
        Policy(size=16, crop=Fit()),
        Policy(size=8, crop=Fit()),
    )
    assert reductions == [4, 2]


def test_both_sides_of_every_box_count(tmp_path, reductions):
    save(tmp_path / "0.jpg", noise(0, 320, 440))
    source = reader(tmp_path, [(320, 440)])
    policy = Policy(size=8, crop=Crop(area=(0.01, 1.0), aspect=(0.3, 3.0)))
    for epoch in range(30):
        cropped(source, policy, policy, epoch=epoch)
        boxes = [box(source, policy, 0, view, epoch) for view in (0, 1)]
        shortest = min(side for _, _, *sides in boxes for side in sides)
        allowed = [k for k in (1, 2, 4, 8) if k == 1 or shortest >= 2 * k * 8]
        assert reductions[-1] == max(allowed)
    assert set(reductions) == {1, 2, 4, 8}


def test_grey_photos_stay_grey(monkeypatch, reductions, tmp_path):
    Image.fromarray(photo_like(0, 320, 440)).convert("L").save(tmp_path / "0.jpg")
    source = replace(reader(tmp_path, [(320, 440)]), channels=1)
    policy = Policy(size=20, crop=Fit(), flip=1.0)
    (view,) = cropped(source, policy).views
    assert reductions == [8]
    assert view.shape == (1, 1, 20, 20)
    assert differences(view, from_whole(monkeypatch, source, policy).views[0]).max() < 1


def test_without_averages_nothing_is_reduced(tmp_path, reductions):
    save(tmp_path / "0.jpg", noise(0, 320, 440))
    sharp = Policy(size=8, crop=Crop(antialias=False))
    cropped(reader(tmp_path, [(320, 440)]), Policy(size=8, crop=Fit()), sharp)
    assert reductions == [1]


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Reader:
    """Two photos of 12 megapixels and one of an odd size."""
    sizes = [(3000, 4000), (4000, 3000), (2357, 3331)]
    root = tmp_path_factory.mktemp("large")
    for number, size in enumerate(sizes):
        save(root / f"{number}.jpg", photo_like(number, *size), quality=90)
    return reader(root, sizes)


EVALUATION = Policy(size=224, crop=Fit(share=224 / 256), flip=0.0)
TRAINING = Policy(size=96, crop=Crop(area=(0.08, 1.0)))


@pytest.mark.parametrize("policies", [(EVALUATION,), (TRAINING, TRAINING)])
def test_large_photos_look_the_same(monkeypatch, reductions, large, policies):
    small = cropped(large, *policies)
    assert min(reductions) > 1
    whole = from_whole(monkeypatch, large, *policies)
    assert small.rows == whole.rows == [0, 1, 2]
    for view, expected in zip(small.views, whole.views, strict=True):
        assert differences(view, expected).max() < 0.5
        assert (view.int() - expected.int()).abs().max() < 32


@pytest.mark.skipif(
    not CLOTHING.is_dir(), reason="needs the development data beside the repository"
)
def test_real_photos_look_the_same(monkeypatch, reductions):
    source = open_source(CLOTHING, limit=60).reader
    policy = Policy(size=48, crop=Crop(area=(0.4, 1.0), interpolation="bilinear"))
    small = cropped(source, policy)
    assert set(reductions) == {2, 4}
    (views,), (expected,) = small.views, from_whole(monkeypatch, source, policy).views
    assert differences(views, expected).mean() < 0.5
    strange = differences(views, expected.roll(1, 0))
    assert strange.mean() > 20


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(320, 440), (319, 443)])
def test_boxes_are_those_of_the_upright_photo(tmp_path, orientation, size):
    """Pillow turns and resizes the whole photo."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "0.jpg", photo_like(5, *size), quality=95, exif=exif)
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    policy = Policy(size=10, crop=Crop(area=(0.3, 0.6), interpolation="bilinear"), flip=0.0)
    source = reader(tmp_path, [upright.size[::-1]])
    for epoch in range(5):
        (view,) = cropped(source, policy, epoch=epoch).views[0]
        top, left, height, width = box(source, policy, 0, epoch=epoch)
        part = upright.crop((left, top, left + width, top + height))
        expected = np.asarray(part.resize((10, 10), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
        assert np.abs(view.numpy() - expected.astype(float)).mean() < 1.5


def test_what_cannot_be_reduced_is_cropped_from_the_whole(tmp_path):
    save(tmp_path / "a.png", noise(0, 320, 440))
    source = Reader(FolderFiles(tmp_path, ["a.png"]), torch.tensor([[320, 440]]), 3)
    (view,) = cropped(source, Policy(size=8, crop=Fit(interpolation="bilinear"), flip=0.0)).views[0]
    whole = torch.from_numpy(noise(0, 320, 440)).permute(2, 0, 1)[None, :, :, 60:380]
    expected = F.interpolate(whole.double(), (8, 8), mode="bilinear", antialias=True)
    torch.testing.assert_close(view.double(), expected[0], atol=1, rtol=0)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_arrays_of_any_number_of_channels_are_cropped(tmp_path, kind):
    pixels = noise(0, 120, 150, 5)
    np.save(tmp_path / "a.npy", pixels if kind == np.uint8 else pixels.astype(kind) * 257)
    source = Reader(FolderFiles(tmp_path, ["a.npy"]), torch.tensor([[120, 150]]), 5)
    (view,) = cropped(source, Policy(size=20, crop=Fit(), flip=0.0)).views[0]
    whole = torch.from_numpy(pixels).permute(2, 0, 1)[None, :, :, 15:135]
    expected = F.interpolate(whole.double(), (20, 20), mode="bicubic", antialias=True)
    torch.testing.assert_close(view.double(), expected[0].clamp(0, 255), atol=1, rtol=0)


def test_a_photo_of_another_size_than_its_header_said_is_refused(tmp_path):
    save(tmp_path / "0.jpg", noise(0, 320, 440))
    save(tmp_path / "1.jpg", noise(0, 324, 440))
    crops = cropped(reader(tmp_path, [(320, 440), (320, 440)]), Policy(size=8, crop=Fit()))
    assert crops.rows == [0]
    assert [name for name, _ in crops.failed] == ["1.jpg"]
    assert crops.failed[0][1].endswith("its size is not what the header said")


def test_tasks_are_small_parts_in_order():
    parts = tasks(Request(3, list(range(70))))
    assert [len(part.rows) for part in parts] == [32, 32, 6]
    assert [row for part in parts for row in part.rows] == list(range(70))
    assert {part.epoch for part in parts} == {3}
