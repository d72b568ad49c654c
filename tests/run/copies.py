"""Distinct pictures with texture, and copies of some of them; an encoder that learned nothing."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_sample_images

from lookalike.export.encoder_folder import write_encoder
from lookalike.nn.encoder import Encoder
from lookalike.views.policy import Policy
from lookalike.views.presets import plain

SIDE = 48


def write_net(folder: Path) -> Path:
    torch.manual_seed(0)
    policy = plain(Policy(size=96))
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_encoder(Encoder("test_resnet", 96, 3), folder, policy=policy)
    return folder


def tiles() -> list[np.ndarray]:
    """Square parts of two photos that do not overlap, those without texture left out."""
    found = []
    for photo in load_sample_images().images:
        for top in range(0, photo.shape[0] - SIDE + 1, SIDE):
            for left in range(0, photo.shape[1] - SIDE + 1, SIDE):
                tile = photo[top : top + SIDE, left : left + SIDE]
                if np.abs(np.diff(tile.mean(2), axis=1)).mean() > 3:
                    found.append(tile)
    return found


def write_copies(folder: Path) -> tuple[list[str], set[frozenset[str]]]:
    """Writes the tiles, and beside each second one a copy; returns all names and the true pairs."""
    folder.mkdir(parents=True)
    names, pairs = [], set()
    for number, tile in enumerate(tiles()):
        picture, name = Image.fromarray(tile), f"{number:03}.png"
        picture.save(folder / name)
        names.append(name)
        if number % 2:
            kind = number // 2 % 4
            other = f"{number:03}-{kind}.{'jpg' if kind == 0 else 'png'}"
            _changed(picture, kind).save(folder / other, **({"quality": 60} if kind == 0 else {}))
            names.append(other)
            pairs.add(frozenset((name, other)))
    return names, pairs


def _changed(picture: Image.Image, kind: int) -> Image.Image:
    if kind == 1:
        return picture.resize((32, 32), Image.Resampling.BICUBIC)
    if kind == 2:
        return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if kind == 3:
        return picture.crop((2, 3, SIDE - 2, SIDE - 1))
    return picture
