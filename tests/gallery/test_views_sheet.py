"""The sheet of views: pictures in their places, as training sees them."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from data.pictures import PHOTO, class_folders, noise, save
from lookalike.data.opening import open_source
from lookalike.data.sources import Images, Photos, Source
from lookalike.errors import StorageError
from lookalike.gallery.views_sheet import views_sheet
from lookalike.randomness import image_keys
from lookalike.views.operations import Normalize
from lookalike.views.policy import Crop, Fit, Policy
from lookalike.views.presets import POLICIES
from lookalike.views.render import render

CELL, STEP = 128, 134
TOP = 58
STILL = Policy(size=32, crop=Fit(), flip=0.0)


def open_images(tmp_path: Path, counts: dict[str, int], size: tuple[int, int] = (32, 32)) -> Source:
    return open_source(str(class_folders(tmp_path / "pictures", counts, size)))


def sheet(source: Source, policies: tuple[Policy, ...], path: Path, **options: int) -> np.ndarray:
    views_sheet(source, policies, path, **{"seed": 0, **options})
    with Image.open(path) as picture:
        assert (picture.format, picture.mode) == ("PNG", "RGB")
        return np.asarray(picture)


def cell(pixels: np.ndarray, row: int, left: int, step: int = STEP) -> np.ndarray:
    return pixels[TOP + step * row :][:CELL, left : left + CELL]


def enlarged(image: torch.Tensor, factor: int) -> np.ndarray:
    return np.kron(image.permute(1, 2, 0).numpy(), np.ones((factor, factor, 1), dtype=np.uint8))


def test_every_picture_is_in_its_place(tmp_path: Path) -> None:
    source = open_images(tmp_path, {"a": 3, "b": 3})
    assert isinstance(source, Images)
    pixels = sheet(source, (STILL, STILL), tmp_path / "s.png", rows=3, columns=2)
    assert pixels.shape == (
        TOP + 3 * STEP - 6 + 28,
        28 + 128 + 26 + 2 * 134 - 6 + 26 + 2 * 134 - 6 + 28,
        3,
    )
    for row, image in enumerate((0, 2, 4)):  # spread over the source
        for left in (28, 182, 316, 470, 604):
            shown = cell(pixels, row, left).astype(int)
            assert np.abs(shown - enlarged(source.images[image], 4)).max() <= 1
    assert (pixels[:28] == 255).all()  # a white margin
    assert (pixels[28:TOP, 28:90] < 255).any()  # "image"
    assert (pixels[28:TOP, 182:240] < 255).any()  # "view 1"


def test_views_are_those_of_the_first_epochs(tmp_path: Path) -> None:
    source = open_images(tmp_path, {"a": 4})
    assert isinstance(source, Images)
    policy = replace(POLICIES["simclr-cifar"][0], crop=Crop(area=(0.3, 1.0)))
    pixels = sheet(source, (policy, policy), tmp_path / "s.png", rows=4, columns=2, seed=5)
    step = (pixels.shape[0] - TOP - 28 + 6) // 4  # a cell and the words under it
    assert step > STEP
    for epoch, left in ((0, 470), (1, 604)):  # the second view
        keys = image_keys(5, epoch, torch.arange(4))
        views = (render(source.images, policy, keys, 1) * 255).round().to(torch.uint8)
        for row in range(4):
            shown = cell(pixels, row, left, step).astype(int)
            assert np.abs(shown - enlarged(views[row], 4)).max() <= 3  # crops of photos are uint8


def test_normalisation_is_not_shown(tmp_path: Path) -> None:
    source = open_images(tmp_path, {"a": 2})
    policy = POLICIES["simclr-cifar"][0]
    plain = sheet(source, (policy,), tmp_path / "plain.png")
    normalised = sheet(source, (replace(policy, normalize=Normalize()),), tmp_path / "n.png")
    assert np.array_equal(plain, normalised)


def test_seeds_give_other_views(tmp_path: Path) -> None:
    source = open_images(tmp_path, {"a": 2})
    first = sheet(source, POLICIES["simclr-cifar"], tmp_path / "0.png", seed=0)
    assert np.array_equal(
        first, sheet(source, POLICIES["simclr-cifar"], tmp_path / "1.png", seed=0)
    )
    assert not np.array_equal(
        first, sheet(source, POLICIES["simclr-cifar"], tmp_path / "2.png", seed=1)
    )


def test_photos_keep_their_form_and_unreadable_ones_are_passed_over(tmp_path: Path) -> None:
    red = np.zeros((*PHOTO, 3), dtype=np.uint8)
    red[..., 0] = 255
    for number in range(4):
        save(
            tmp_path / "photos" / f"{number}.jpg", noise(number, *PHOTO) if number % 2 == 0 else red
        )
    source = open_source(str(tmp_path / "photos"))
    assert isinstance(source, Photos)
    for number in (0, 2):  # broken after it was opened
        path = tmp_path / "photos" / f"{number}.jpg"
        path.write_bytes(path.read_bytes()[:400])
    pixels = sheet(source, (STILL,), tmp_path / "s.png", rows=2, columns=1)
    assert pixels.shape[0] == TOP + 2 * STEP - 6 + 28
    for row in range(2):
        shown = cell(pixels, row, 28).astype(int)
        assert (shown[:10] == 255).all()  # wider than high: white above and below
        assert np.abs(shown[30:98, 10:118] - (255, 0, 0)).max() <= 3
    assert len(source.ledger.skipped) == 2


def test_grey_pictures_and_fewer_than_asked_for(tmp_path: Path) -> None:
    pixels = sheet(open_source("digits", limit=3), POLICIES["simclr-digits"], tmp_path / "s.png")
    assert pixels.shape[0] == TOP + 3 * (STEP + 13) - 6 + 28  # one line of words
    assert (pixels[..., 0] == pixels[..., 2]).mean() > 0.98  # all but the words


def test_it_takes_no_time(tmp_path: Path) -> None:
    source = open_source("digits")
    begin = time.process_time()
    views_sheet(source, POLICIES["simclr-digits"], tmp_path / "s.png", seed=0)
    assert time.process_time() - begin < 1  # measured: 0.13 s


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        views_sheet(open_source("digits"), (STILL,), tmp_path / "file" / "s.png", seed=0)
