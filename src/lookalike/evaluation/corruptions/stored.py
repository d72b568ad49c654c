"""Corrupted test sets in files, laid out as CIFAR-10-C, so that others can measure on the same."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import PIL
import torch
from numpy.lib import format as npy
from numpy.typing import NDArray

from lookalike import files
from lookalike.data.sources import Source
from lookalike.evaluation.corruptions import KINDS
from lookalike.evaluation.corruptions.apply import SAVED, corrupted_copy
from lookalike.evaluation.corruptions.numbers import Pixels
from lookalike.evaluation.corruptions.plain import Clean, clean
from lookalike.evaluation.corruptions.severity import side_of
from lookalike.views.policy import Policy

Array = NDArray[Any]

_PIECE = 256  # images at a time


def write_set(
    source: Source,
    folder: Path,
    policy: Policy,
    *,
    kinds: tuple[str, ...] = tuple(KINDS),
    seed: int = 0,
    workers: int = 0,
) -> None:
    """Writes each kind of corruption of a source's images, which are held in memory meanwhile.

    KIND.npy is an array [5 · n, height, width, channels] of uint8, severity after severity, and
    labels.npy has the label of each of its images, -1 for none; clean.npy holds the n clean images.
    manifest.json, written last, says how they were made and gives the SHA-256 of each file. The
    same images, policy, seed and version of Pillow give the same bytes, and they are those that the
    evaluation makes in memory.

    Args:
        source: the images, of 1 or 3 channels.
        folder: to write to; files of the same names are replaced.
        policy: how an encoder sees them plainly; its size and crop count.
        kinds: of KINDS and EXTRA.
        seed: of the corruptions.
        workers: processes that decode photos.

    Raises:
        DataError: not one image can be read.
        StorageError: a file cannot be written.
        UsageError: there is no such kind.
    """
    batches = clean(source, policy, device=torch.device("cpu"), workers=workers)
    images = Clean(*(torch.cat(columns) for columns in zip(*batches, strict=True)))
    n, c, h, w = images.pixels.shape
    _write(folder / "clean.npy", "|u1", (n, h, w, c), [_channels_last(images.pixels)])
    _write(folder / "labels.npy", "<i8", (5 * n,), [images.label.numpy()] * 5)
    for kind in kinds:
        _write(folder / f"{kind}.npy", "|u1", (5 * n, h, w, c), _copies(images, kind, seed))
    side, names = side_of(h), [f"{name}.npy" for name in ("clean", "labels", *kinds)]
    manifest = {
        "images": source.name,
        "fingerprint": source.fingerprint,
        "unreadable": len(source) - n,
        "policy": repr(policy),
        "seed": seed,
        "constants": f"those of {side} px",
        "saved": SAVED[side],
        "pillow": PIL.__version__,
        "sha256": {name: files.sha256(folder / name) for name in names},
    }
    files.write_json(folder / "manifest.json", manifest)


def _copies(images: Clean, kind: str, seed: int) -> Iterator[Array]:
    for severity in range(1, 6):
        pieces = zip(images.pixels.split(_PIECE), images.image.split(_PIECE), strict=True)
        for pixels, image in pieces:
            yield _channels_last(corrupted_copy(pixels, kind, severity, image, seed=seed))


def _channels_last(pixels: Pixels) -> Array:
    return pixels.permute(0, 2, 3, 1).contiguous().numpy()


def _write(path: Path, kind: str, shape: tuple[int, ...], pieces: Iterable[Array]) -> None:
    """An .npy file of pieces that follow each other along the first axis."""
    with files.replacing(path) as file:
        header = {"descr": kind, "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(file, header)
        for piece in pieces:
            file.write(piece.tobytes())
