"""Small pictures, decoded once into one array.

With a cache folder the array is a .npy file that is mapped into memory, so that later runs start at
once and several share it. Beside it a JSON file, written last, says which pictures could not be
decoded: an array without it is not finished and is made again.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from lookalike.data.decoding import PIXELS, UnreadableImage, allowing, decode
from lookalike.data.inspection import Inspected
from lookalike.data.listing import Files
from lookalike.data.memory import memory
from lookalike.data.reasons import Reason, because, count_remarks
from lookalike.data.threads import for_each
from lookalike.files import read_json, replacing, write_json

SMALL = 96
"""Pictures up to this side (pixels) are packed."""


class Packed(NamedTuple):
    """Pictures of one size."""

    images: UInt8[Tensor, "n c h w"]
    skipped: dict[int, str]  # number before packing → why it is not among them
    remarks: dict[str, int]  # what is odd about those that are → how many


def worth_packing(sizes: Int[Tensor, "n 2"], channels: int) -> bool:
    """Whether all have one size, that size is small, and together they take ≤ ¼ of the memory."""
    same = bool((sizes == sizes[0]).all())
    room = channels * int(sizes.prod(1).sum()) <= memory() // 4
    return same and int(sizes.max()) <= SMALL and room


def pack(files: Files, inspected: Inspected, pixels: int = PIXELS) -> Packed:
    """Decodes pictures of one size, none of more than `pixels`."""
    rows, shape = inspected.rows.tolist(), (inspected.channels, *inspected.sizes[0].tolist())
    images, remarks = np.empty((len(rows), *shape), np.uint8), inspected.remarks.clone()
    failures = dict[int, str]()

    def work(place: int) -> None:
        try:
            found = decode(files, rows[place], inspected.channels, pixels=pixels)
        except UnreadableImage as error:
            failures[place] = error.reason
            return
        if tuple(found.pixels.shape) != shape:
            failures[place] = because(Reason.CHANGED, "its size is not what the header said")
            return
        images[place] = found.pixels.numpy()
        remarks[place] |= int(found.remarks)

    with allowing(pixels):
        for_each(work, len(rows))
    good = np.delete(images, list(failures), axis=0) if failures else images
    remarks[list(failures)] = 0
    lost = {rows[place]: reason for place, reason in sorted(failures.items())}
    return Packed(torch.from_numpy(good), inspected.skipped | lost, count_remarks(remarks))


def keep(path: Path, packed: Packed) -> None:
    """Writes `path` and its note, each in one step.

    Raises:
        StorageError: it cannot be written.
    """
    with replacing(path) as file:  # not mapped: a full disk kills who writes to a mapped file
        np.save(file, packed.images.numpy(), allow_pickle=False)
    note = {"shape": packed.images.shape, "skipped": packed.skipped, "remarks": packed.remarks}
    write_json(_note(path), note)


def recall(path: Path, count: int) -> Packed | None:
    """What `keep` wrote, if it is whole and made of `count` pictures."""
    try:
        note = read_json(_note(path))
        skipped = {int(row): str(reason) for row, reason in note["skipped"].items()}
        shape, remarks = note["shape"], dict(note["remarks"])
        images = np.load(path, mmap_mode="c")
    except (OSError, ValueError, EOFError, KeyError, TypeError, AttributeError):
        return None
    whole = [*images.shape] == shape and images.dtype == np.uint8
    if not whole or len(images) + len(skipped) != count:
        return None
    return Packed(torch.from_numpy(images), skipped, remarks)


def _note(path: Path) -> Path:
    return path.with_suffix(".json")
