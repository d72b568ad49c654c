"""Where pictures come from: `open_source` makes one of two kinds of source of anything it knows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from lookalike.data.decoding import UnreadableImage, decode
from lookalike.data.inspection import inspect
from lookalike.data.ledger import Ledger, counted
from lookalike.data.listing import Files, Listing, digest, within
from lookalike.data.named import NAMED, Split
from lookalike.data.packing import Packed, keep, pack, recall, worth_packing
from lookalike.data.places import splits_at
from lookalike.data.threads import quiet
from lookalike.errors import DataError


@dataclass(kw_only=True, eq=False)
class Source:
    """Numbered pictures.

    Args:
        name: what was found, for people: "1,000 pictures in 10 class folders".
        names: what each picture is called.
        label: class of each picture, -1 where there is none.
        classes: names of the classes.
        channels: 1 (grey), 3 (RGB) or those of its arrays.
        ledger: what became of every path found.
        fingerprint: the same for a copy of the same data, another for other data.
    """

    name: str
    names: Sequence[str]
    label: Int[Tensor, " n"]
    classes: tuple[str, ...]
    channels: int
    ledger: Ledger
    fingerprint: str

    def __len__(self) -> int:
        return len(self.label)


@dataclass(kw_only=True, eq=False)
class Images(Source):
    """Pictures of one small size, in memory (possibly mapped from the cache).

    Args:
        images: the pixels.
        factors: what is known of how each picture was made, each a tensor [n, …].
    """

    images: UInt8[Tensor, "n c h w"]
    factors: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """What a worker process needs to know of photos.

    Args:
        files: the encoded photos.
        sizes: height and width of each, upright, as its header says.
        channels: of every photo.
    """

    files: Files
    sizes: Int[Tensor, "n 2"]
    channels: int

    def read(self, row: int, reduction: int = 1) -> UInt8[Tensor, "c h w"]:
        """Photo `row`, whole or at 1 / reduction of its sides (see `decode`), or UnreadableImage."""
        with quiet():
            photo = decode(self.files, row, self.channels, reduction)
        whole = self.sizes[row]
        reduced = (whole + reduction - 1) // reduction
        if list(photo.shape[1:]) not in (whole.tolist(), reduced.tolist()):
            raise UnreadableImage(self.files.name(row), "its size is not what the header said")
        return photo


@dataclass(kw_only=True, eq=False)
class Photos(Source):
    """Pictures that are decoded whenever they are needed.

    Args:
        reader: decodes them, here or in a worker process.
    """

    reader: Reader

    @property
    def sizes(self) -> Int[Tensor, "n 2"]:
        """Height and width of each photo, upright."""
        return self.reader.sizes

    def read(self, row: int) -> UInt8[Tensor, "c h w"]:
        """Decodes photo `row`.

        Raises:
            UnreadableImage: it cannot be read; the ledger then says so, too.
        """
        try:
            return self.reader.read(row)
        except UnreadableImage as error:
            self.ledger.skip(error.name, error.reason)
            raise


def chosen(source: Source, rows: Int[Tensor, " m"]) -> Source:
    """Some of a source's pictures, in this order, as a source of its own."""
    numbers = rows.tolist()
    facts: dict[str, Any] = {
        "name": f"{counted(len(numbers), 'picture')} of {source.name}",
        "names": [source.names[row] for row in numbers],
        "label": source.label[rows],
        "fingerprint": digest(source.fingerprint, *map(str, numbers)),
    }
    if isinstance(source, Images):
        factors = {name: values[rows] for name, values in source.factors.items()}
        return replace(source, **facts, images=source.images[rows], factors=factors)
    if not isinstance(source, Photos):
        raise TypeError(f"a source is Images or Photos, not {type(source).__name__}")
    files, sizes = source.reader.files.take(numbers), source.reader.sizes[rows]
    return replace(source, **facts, reader=replace(source.reader, files=files, sizes=sizes))


def available_splits(spec: str | Path) -> tuple[str, ...]:
    """("train", "test"), or ("train",) where nothing is set apart for testing."""
    return ("train", "test") if spec in NAMED else tuple(splits_at(Path(spec)))


def open_source(
    spec: str | Path,
    split: Split = "train",
    *,
    cache: Path | None = None,
    limit: int | None = None,
    channels: int | None = None,
) -> Source:
    """Looks at every picture's header and makes a source of those that can be read.

    Args:
        spec: a folder of pictures or arrays (with folders train and test, or without), a Parquet
            file, a folder of them, or "digits" or "shapes" (a folder of that name is "./digits").
        split: without a split named train, the whole is "train".
        cache: folder where small pictures are packed once; None packs them in memory each time.
        limit: takes the first this many; in class folders these are of all classes in turn.
        channels: those wanted; arrays of others are skipped, and pictures can get 1 or 3. None is
            that of the first array if there is one, else 1 if every picture is grey, else 3.

    Raises:
        DataError: nothing there, no such split, or no picture that can be used.
        UsageError: a limit below 1.
    """
    if spec in NAMED:
        return _named(str(spec), split, limit, channels)
    splits = splits_at(Path(spec))
    if split not in splits:
        raise DataError(
            f"{spec} has no {split} split.",
            why="It has neither a folder nor a Parquet file of that name beside one named train.",
            do="Give a folder or file that has one, or carve one from the training images.",
        )
    return inspected_source(splits[split](limit), cache, channels)


def _named(spec: str, split: Split, limit: int | None, channels: int | None) -> Images:
    found = NAMED[spec](split)
    ledger = Ledger(found=len(found.label))
    count = within(limit, ledger.found, ledger)
    images = found.images[:count]
    channels = channels or images.shape[1]
    return Images(
        name=f"{counted(count, 'picture')} of {len(found.classes)} classes ({spec})",
        names=[f"{spec} {split} {row}" for row in range(count)],
        label=found.label[:count],
        classes=found.classes,
        channels=channels,
        ledger=ledger,
        fingerprint=digest(spec, split, count),
        images=with_channels(images, channels),
        factors={name: values[:count] for name, values in found.factors.items()},
    )


def with_channels(images: UInt8[Tensor, "n c h w"], channels: int) -> UInt8[Tensor, "n d h w"]:
    """Grey images as RGB or the other way round.

    Raises:
        DataError: other numbers of channels are wanted.
    """
    if channels == images.shape[1]:
        return images
    if channels not in (1, 3):
        raise DataError(
            f"These pictures have 1 or 3 channels, not {channels}.",
            why="The encoder was trained on arrays.",
            do="Give a folder of arrays with as many channels.",
        )
    grey = images.float().mean(1, keepdim=True).round().to(torch.uint8)
    return grey.expand(-1, channels, -1, -1).contiguous()


def inspected_source(listing: Listing, cache: Path | None, channels: int | None) -> Source:
    """Takes small pictures from the cache; else reads all headers, and packs what is small."""
    kept = cache / f"{listing.version}-{channels or 'any'}.npy" if cache else None
    if kept and (packed := recall(kept, len(listing.label))):
        return _images(listing, packed)
    inspected = inspect(listing.files, len(listing.label), channels)
    rows, sizes = _usable(listing, inspected.skipped), inspected.sizes
    if not worth_packing(sizes, inspected.channels):
        reader = Reader(listing.files.take(rows), sizes, inspected.channels)
        facts = _facts(listing, rows, len(inspected.deep))
        return Photos(reader=reader, channels=reader.channels, **facts)
    packed = pack(listing.files, inspected)
    source = _images(listing, packed)
    if kept:
        keep(kept, packed)
    return source


def _usable(listing: Listing, skipped: dict[int, str]) -> list[int]:
    """The rows that remain; the others go into the books."""
    for row, reason in skipped.items():
        listing.ledger.skip(listing.files.name(row), reason)
    rows = [row for row in range(len(listing.label)) if row not in skipped]
    if not rows:
        raise DataError(
            f"There is no usable picture in {listing.place}.",
            why=f"Found {listing.ledger.summary()}." if listing.ledger.found else "It is empty.",
            do="Give a folder that holds pictures, such as JPEG, PNG or .npy files.",
        )
    return rows


def _images(listing: Listing, packed: Packed) -> Images:
    facts = _facts(listing, _usable(listing, packed.skipped), packed.deep)
    return Images(images=packed.images, channels=packed.images.shape[1], **facts)


def _facts(listing: Listing, rows: list[int], deep: int) -> dict[str, Any]:
    scaled = f", {deep:,} of them scaled from 16 to 8 bits" if deep else ""
    return {
        "name": f"{counted(len(rows), 'picture')} {listing.kind}{scaled}",
        "names": [listing.files.name(row) for row in rows],
        "label": listing.label[rows],
        "classes": listing.classes,
        "ledger": listing.ledger,
        "fingerprint": digest(listing.fingerprint, *listing.ledger.skipped),
    }
