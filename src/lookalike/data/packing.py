"""Small pictures, decoded once into one array.

With a cache folder the array is a .npy file that is mapped into memory, so that later runs start at
once and several share it. Beside it a JSON file, written last, says which pictures could not be
decoded: an array without it is not finished and is made again.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from lookalike.data.decoding import UnreadableImage, decode
from lookalike.data.inspection import Inspected
from lookalike.data.listing import Files
from lookalike.data.memory import memory
from lookalike.data.threads import for_each
from lookalike.files import replacing, write_json

SMALL = 96
"""Pictures up to this side (pixels) are packed."""


class Packed(NamedTuple):
    """Pictures of one size."""

    images: UInt8[Tensor, "n c h w"]
    skipped: dict[int, str]  # number before packing → why it is not among them
    deep: int = 0  # how many were scaled from 16 bits


def worth_packing(sizes: Int[Tensor, "n 2"], channels: int) -> bool:
    """Whether all have one size, that size is small, and together they take ≤ ¼ of the memory."""
    same = bool((sizes == sizes[0]).all())
    room = channels * int(sizes.prod(1).sum()) <= memory() // 4
    return same and int(sizes.max()) <= SMALL and room


def pack(files: Files, inspected: Inspected) -> Packed:
    """Decodes pictures of one size."""
    rows, shape = list(inspected.headers), (inspected.channels, *inspected.sizes[0].tolist())
    images = np.empty((len(rows), *shape), np.uint8)

    def work(place: int) -> str | None:
        try:
            image = decode(files, rows[place], inspected.channels)
        except UnreadableImage as error:
            return error.reason
        if tuple(image.shape) != shape:
            return "turned upright, its size differs from the others'"
        images[place] = image.numpy()
        return None

    failures = {place: reason for place, reason in enumerate(for_each(work, len(rows))) if reason}
    good = np.delete(images, list(failures), axis=0) if failures else images
    skipped = inspected.skipped | {rows[place]: reason for place, reason in failures.items()}
    deep = sum(row not in skipped for row in inspected.deep)
    return Packed(torch.from_numpy(good), skipped, deep)


def keep(path: Path, packed: Packed) -> None:
    """Writes `path` and its note, each in one step.

    Raises:
        StorageError: it cannot be written.
    """
    with replacing(path) as file:  # not mapped: a full disk kills who writes to a mapped file
        np.save(file, packed.images.numpy(), allow_pickle=False)
    note = {"shape": packed.images.shape, "skipped": packed.skipped, "deep": packed.deep}
    write_json(_note(path), note)


def recall(path: Path, count: int) -> Packed | None:
    """What `keep` wrote, if it is whole and made of `count` pictures."""
    try:
        note = json.loads(_note(path).read_text("utf-8"))
        skipped = {int(row): str(reason) for row, reason in note["skipped"].items()}
        shape, deep = note["shape"], int(note["deep"])
        images = np.load(path, mmap_mode="c")
    except (OSError, ValueError, EOFError, KeyError):
        return None
    whole = [*images.shape] == shape and images.dtype == np.uint8
    if not whole or len(images) + len(skipped) != count:
        return None
    return Packed(torch.from_numpy(images), skipped, deep)


def _note(path: Path) -> Path:
    return path.with_suffix(".json")
