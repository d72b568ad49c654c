"""One pass over a source: what each picture is, without keeping its pixels."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image

from lookalike.data.cropping import REDUCTIONS
from lookalike.data.decoding import UnreadableImage, allowing, decode
from lookalike.data.reasons import Refused, reason_of
from lookalike.data.sources import Images, Photos, Source
from lookalike.data.threads import for_each, quiet

Pixels = UInt8[np.ndarray, "c h w"]


@dataclass(frozen=True)
class Pictures:
    """The readable pictures of a source; the others are in its ledger.

    Args:
        source: where they are.
        row: number of each in the source.
        grey: each one stretched to a small square, in grey.
        digest: of each one's file and of its pixels; equal ones mean equal pictures. Photos are
            decoded at a fraction of their size, so of these the pixels are compared at that size.
        sizes: height and width.
        mean: of the values of each channel, from 0 to 1.
        square: mean of their squares.
        plain: whether all pixels are the same.
        colourless: whether it is stored in colour and has none: equal histograms of all channels.
    """

    source: Source
    row: Int[np.ndarray, " n"]
    grey: UInt8[np.ndarray, "n s s"]
    digest: list[tuple[bytes, bytes]]
    sizes: Int[np.ndarray, "n 2"]
    mean: Float[np.ndarray, "n c"]
    square: Float[np.ndarray, "n c"]
    plain: Bool[np.ndarray, " n"]
    colourless: Bool[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.row)


def read_pixels(source: Source, row: int, least: int | None = None) -> Pixels:
    """Picture `row`, or a photo at the smallest fraction that leaves both its sides ≥ `least`.

    Raises:
        UnreadableImage: it cannot be read.
    """
    if not isinstance(source, Photos):
        return _pixels(source, row, least)
    with quiet(), allowing(source.reader.pixels):
        return _pixels(source, row, least)


def _pixels(source: Source, row: int, least: int | None) -> Pixels:
    """As above, for several threads at a time."""
    if isinstance(source, Images):
        pixels: Pixels = source.images[row].numpy()
        return pixels
    if not isinstance(source, Photos):
        raise TypeError(f"a source is Images or Photos, not {type(source).__name__}")
    room = int(source.sizes[row].min()) // least if least else 1
    reduction = next((reduction for reduction in REDUCTIONS if reduction <= room), 1)
    reader = source.reader
    photo = decode(reader.files, row, reader.channels, reduction, reader.pixels)
    pixels = photo.pixels.numpy()
    return pixels


def measure(source: Source, side: int, step: Callable[[], object] = lambda: None) -> Pictures:
    """Decodes every picture once; those that turn out unreadable go into the source's ledger.

    Args:
        source: of n pictures.
        side: of the small grey squares, in pixels.
        step: called after each picture, on any thread.
    """

    def work(row: int) -> _One | None:
        try:
            one = _one(source, row, side)
        except UnreadableImage as error:
            source.ledger.skip(error.name, error.reason)
            one = None
        step()
        return one

    limit = allowing(source.reader.pixels) if isinstance(source, Photos) else nullcontext()
    with limit:
        found = dict(enumerate(for_each(work, len(source))))
    ones = {row: one for row, one in found.items() if one}
    return _together(source, ones, side)


@dataclass(frozen=True)
class _One:
    grey: UInt8[np.ndarray, "s s"]
    digest: tuple[bytes, bytes]
    size: tuple[int, int]
    mean: Float[np.ndarray, " c"]
    square: Float[np.ndarray, " c"]
    plain: bool
    colourless: bool


def _one(source: Source, row: int, side: int) -> _One:
    pixels = _pixels(source, row, 2 * side)
    size = _size(source, row)
    count = np.stack([np.bincount(each.ravel(), minlength=256) for each in pixels])
    share, level = count / count.sum(1, keepdims=True), np.arange(256) / 255
    return _One(
        grey=_grey(pixels, side),
        digest=(_file(source, row), _digest(str((pixels.shape, size)).encode(), pixels.tobytes())),
        size=size,
        mean=share @ level,
        square=share @ level**2,
        plain=bool((count.max(1) == count.sum(1)).all()),
        colourless=len(pixels) == 3 and bool((count == count[0]).all()),
    )


def _size(source: Source, row: int) -> tuple[int, int]:
    if isinstance(source, Photos):
        height, width = source.sizes[row].tolist()
        return height, width
    assert isinstance(source, Images)  # noqa: S101 - there are two kinds of source
    return source.images.shape[2], source.images.shape[3]


def _grey(pixels: Pixels, side: int) -> UInt8[np.ndarray, "side side"]:
    if len(pixels) == 3:
        image = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).convert("L")
    else:
        image = Image.fromarray(np.round(pixels.mean(0)).astype(np.uint8))
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


def _file(source: Source, row: int) -> bytes:
    """Pictures in memory have their pixels alone."""
    if isinstance(source, Images):
        return b""
    assert isinstance(source, Photos)  # noqa: S101 - there are two kinds of source
    try:
        with source.reader.files.open(row) as file:
            return _digest(file.read())
    except (OSError, Refused) as error:
        raise UnreadableImage(source.names[row], reason_of(error)) from error


def _digest(*parts: bytes) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.digest()


def _together(source: Source, ones: dict[int, _One], side: int) -> Pictures:
    def column(name: str) -> Iterator[object]:
        return (getattr(one, name) for one in ones.values())

    def array(name: str, *shape: int, kind: type) -> np.ndarray:
        return np.array([*column(name)], kind).reshape(len(ones), *shape)

    return Pictures(
        source=source,
        row=np.array([*ones], np.int64),
        grey=array("grey", side, side, kind=np.uint8),
        digest=[one.digest for one in ones.values()],
        sizes=array("size", 2, kind=np.int64),
        mean=array("mean", source.channels, kind=np.float64),
        square=array("square", source.channels, kind=np.float64),
        plain=array("plain", kind=np.bool_),
        colourless=array("colourless", kind=np.bool_),
    )
