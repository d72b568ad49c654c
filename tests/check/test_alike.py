"""Copies are found however they were changed, and what only looks alike is not taken for one."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from check.copies import changed, encoded, grey, photo
from lookalike.check import alike
from lookalike.check.alike import near_pairs


def judged(images: list[Image.Image], side: int) -> tuple[float, float, float]:
    """Recall, precision, and how often the mirror was recognised."""
    rng, count = np.random.default_rng(0), len(images)
    copies = [changed(image, rng) for image in images]
    found = near_pairs(grey([*images, *(copy for copy, _ in copies)], side))
    right = found.second - found.first == count
    mirrored = torch.tensor([was for _, was in copies])[found.first[right]]
    agreed = (mirrored == found.mirrored[right]).double().mean()
    return float(right.sum()) / count, float(right.double().mean()), float(agreed)


@pytest.mark.parametrize("count", [150, pytest.param(2000, marks=pytest.mark.nightly)])
def test_copies_among_as_many_others(count: int) -> None:
    recall, precision, mirrored = judged([photo(seed) for seed in range(count)], 64)
    assert recall >= 0.95
    assert precision >= 0.95
    assert mirrored >= 0.99


@pytest.mark.nightly
@pytest.mark.parametrize("side", [32, 64])
def test_copies_of_real_photos(side: int) -> None:
    place = os.environ.get("LOOKALIKE_PHOTOS")
    if not place:
        pytest.skip("LOOKALIKE_PHOTOS names no folder of photos")
    paths = sorted(path for path in Path(place).rglob("*") if path.suffix.lower() == ".jpg")[:2000]
    recall, precision, _ = judged([Image.open(path).convert("RGB") for path in paths], side)
    assert recall >= 0.95
    assert precision >= 0.95


def test_flat_and_plain_pictures_are_not_copies_of_each_other() -> None:
    rng = np.random.default_rng(0)
    walls = rng.uniform(40, 220, (40, 1, 1)) + rng.normal(0, 0.4, (40, 64, 64))
    slopes = np.linspace(0, 120, 64) * rng.uniform(0.5, 1, (40, 1, 1)) + rng.normal(
        0, 2, (40, 64, 64)
    )
    pictures = np.concatenate([walls, slopes]).round().astype(np.uint8)
    assert len(near_pairs(pictures).first) == 0


def test_the_same_composition_is_not_enough() -> None:
    """Discs of one size in the middle of a wall, each with a pattern of its own."""
    rng = np.random.default_rng(0)
    places = np.linspace(-1, 1, 64)
    disc = (places**2 + places[:, None] ** 2 < 0.5)[None]
    pattern = rng.normal(0, 40, (60, 16, 16)).repeat(4, 1).repeat(4, 2)
    pictures = np.where(disc, 70 + pattern, 210).clip(0, 255).astype(np.uint8)
    close = sum(
        len(first)
        for first, _, _ in alike._candidates(alike._frequencies(pictures), torch.arange(60))
    )
    assert close > 100  # or the details would not have been asked
    assert len(near_pairs(pictures).first) == 0


def test_many_copies_of_one_picture() -> None:
    """More than `MOST`: not all pairs are told, and yet all copies hang together."""
    one = photo(0)
    copies = [encoded(one, quality) for quality in range(40, 95)]
    found = near_pairs(grey(copies))
    assert len(found.first) <= alike.MOST * len(copies)
    reached = {0}
    for _ in range(len(copies)):
        pairs = zip(found.first.tolist(), found.second.tolist(), strict=True)
        reached |= {end for pair in pairs if reached & set(pair) for end in pair}
    assert len(reached) == len(copies)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_pictures(count: int) -> None:
    found = near_pairs(grey([photo(0)] * 2)[:count])
    assert found.first.tolist() == [0] * (count == 2)
    assert found.score.tolist() == pytest.approx([1.0] * (count == 2), abs=1e-3)


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    images = [photo(seed) for seed in range(20)]
    pictures = grey([*images, *(changed(image, rng)[0] for image in images)])
    whole = near_pairs(pictures)
    monkeypatch.setattr(alike, "_BLOCK", 7 * len(pictures))
    monkeypatch.setattr(alike, "_PAIRS", 3)
    parts = near_pairs(pictures)
    assert parts.first.tolist() == whole.first.tolist()
    assert parts.second.tolist() == whole.second.tolist()
    torch.testing.assert_close(parts.score, whole.score, atol=1e-4, rtol=0)
