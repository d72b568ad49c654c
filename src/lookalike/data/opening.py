"""From a place to a source: `open_source` makes one of two kinds of anything it knows."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from lookalike.data.decoding import PIXELS
from lookalike.data.inspection import inspect
from lookalike.data.ledger import Ledger, counted
from lookalike.data.listing import Listing, digest, within
from lookalike.data.named import NAMED, Split
from lookalike.data.packing import Packed, keep, pack, recall, worth_packing
from lookalike.data.paths import Names
from lookalike.data.places import splits_at
from lookalike.data.reasons import count_remarks
from lookalike.data.remembering import (
    keep_headers,
    keep_listing,
    recall_headers,
    recall_listing,
)
from lookalike.data.sources import Images, Photos, Reader, Source
from lookalike.errors import DataError


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
    pixels: int = PIXELS,
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
        pixels: most that a picture may have; larger ones are skipped.

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
    listing = splits[split](limit)
    source = inspected_source(listing, cache, channels, pixels)
    if cache:
        keep_listing(_kept_listing(cache, source.fingerprint), listing)
    return source


def reopen(fingerprint: str, cache: Path, *, pixels: int = PIXELS) -> tuple[Source, bool] | None:
    """A folder's pictures as they were when `open_source` met them, without walking through it.

    What has changed since is found out when it is opened, and skipped.

    Args:
        fingerprint: of the source.
        cache: folder that was given to `open_source`.
        pixels: as it was given to it.

    Returns:
        The source, and whether files have come or gone since; or None where nothing was kept, or the
        folder was copied or is another one.
    """
    listing = recall_listing(_kept_listing(cache, fingerprint))
    if listing is None or listing.folders is None:
        return None
    source = inspected_source(listing, cache, None, pixels)
    same = all(map(listing.folders.is_same, range(len(listing.folders.paths))))
    return (source, not same) if source.fingerprint == fingerprint else None


def _kept_listing(cache: Path, fingerprint: str) -> Path:
    return cache / f"{fingerprint}.listing"


def _named(spec: str, split: Split, limit: int | None, channels: int | None) -> Images:
    found = NAMED[spec](split)
    ledger = Ledger(found=len(found.label))
    count = within(limit, ledger.found, ledger)
    images = found.images[:count]
    channels = channels or images.shape[1]
    return Images(
        name=f"{counted(count, 'picture')} of {len(found.classes)} classes ({spec})",
        names=Names(lambda row: f"{spec} {split} {row}", count),
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


def inspected_source(
    listing: Listing, cache: Path | None, channels: int | None, pixels: int = PIXELS
) -> Source:
    """Takes what the cache has of the listing; else reads all headers, and packs what is small."""
    listing = replace(listing, ledger=deepcopy(listing.ledger))
    key = f"{listing.version}-{channels or 'any'}-{pixels}"
    kept = cache / f"{key}.npy" if cache else None
    if kept and (packed := recall(kept, len(listing.label))):
        return _images(listing, packed)
    headers = cache / f"{key}.headers" if cache else None
    inspected = recall_headers(headers) if headers else None
    if inspected is None:
        inspected = inspect(listing.files, len(listing.label), channels, pixels)
    _enter(listing, inspected.skipped)
    if worth_packing(inspected.sizes, inspected.channels):
        packed = pack(listing.files, inspected, pixels)
        source = _images(listing, packed)
        if kept:
            keep(kept, packed)
        return source
    if headers:
        keep_headers(headers, inspected)
    listing.ledger.remarks.update(count_remarks(inspected.remarks))
    facts = _facts(listing, inspected.rows)
    files = listing.files.take(inspected.rows)
    reader = Reader(files, inspected.sizes, inspected.channels, pixels)
    return Photos(reader=reader, channels=reader.channels, **facts)


def _enter(listing: Listing, skipped: dict[int, str]) -> None:
    """Skipped pictures go into the books; some must remain."""
    for row, reason in skipped.items():
        listing.ledger.skip(listing.files.name(row), reason)
    if len(skipped) == len(listing.label):
        raise DataError(
            f"There is no usable picture in {listing.place}.",
            why=f"Found {listing.ledger.summary()}." if listing.ledger.found else "It is empty.",
            do="Give a folder that holds pictures, such as JPEG, PNG or .npy files.",
        )


def _images(listing: Listing, packed: Packed) -> Images:
    _enter(listing, packed.skipped)
    listing.ledger.remarks.update(packed.remarks)
    good = torch.ones(len(listing.label), dtype=torch.bool)
    good[list(packed.skipped)] = False
    facts = _facts(listing, good.nonzero()[:, 0])
    return Images(images=packed.images, channels=packed.images.shape[1], **facts)


def _facts(listing: Listing, rows: Int[Tensor, " m"]) -> dict[str, Any]:
    lost = listing.ledger.lost
    skipped = f", {lost:,} skipped" if lost else ""
    return {
        "name": f"{counted(len(rows), 'picture')} {listing.kind}{skipped}",
        "names": Names(listing.files.take(rows).name, len(rows)),
        "label": listing.label[rows],
        "classes": listing.classes,
        "ledger": listing.ledger,
        "fingerprint": digest(listing.fingerprint, rows),
    }
