"""The whole look: every picture is decoded once, and all sets are compared with each other."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lookalike.check import concerns
from lookalike.check.classes import balance, count_classes, folders, mismatches
from lookalike.check.duplicates import duplicates, leaks
from lookalike.check.findings import Concern, Findings, Found, Group
from lookalike.check.pictures import Pictures, measure
from lookalike.data.listing import FolderFiles
from lookalike.data.named import NAMED
from lookalike.data.opening import inspected_source, open_source
from lookalike.data.places import splits_at
from lookalike.data.sources import Photos, Source
from lookalike.errors import DataError
from lookalike.views.policy import Policy

MOST_NEAR = 300_000
"""Pictures up to which nearly equal ones are looked for: the work grows with the square."""

TINY = 32
"""Pixels below which a side is tiny, where most pictures are larger."""

_OBLONG = 4


class Opened(NamedTuple):
    """A set, and the folder it lies in where it is one."""

    source: Source
    root: Path | None


def open_sets(data: str, against: str | None, limit: int | None) -> dict[str, Opened]:
    """The splits of `data`, train first, and those of `against`, called by its name.

    Raises:
        DataError: nothing there, or no picture that can be used.
    """
    sets = dict(_splits(data, limit))
    if against is not None:
        place = Path(against).resolve().name
        others = dict(_splits(against, limit))
        alone = len(others) == 1
        sets |= {place if alone else f"{place} {name}": each for name, each in others.items()}
    return sets


def _splits(place: str, limit: int | None) -> Iterator[tuple[str, Opened]]:
    if place in NAMED:
        yield "train", Opened(open_source(place, "train", limit=limit), None)
        yield "test", Opened(open_source(place, "test", limit=limit), None)
        return
    for name, lister in splits_at(Path(place)).items():
        listing = lister(limit)
        root = listing.files.root if isinstance(listing.files, FolderFiles) else None
        yield name, Opened(inspected_source(listing, None, None), root)


def check(
    place: str,
    sets: Mapping[str, Opened],
    policy: Policy | None = None,
    step: Callable[[], object] = lambda: None,
) -> Findings:
    """Looks at every picture of every set.

    Args:
        place: of the images, for people.
        sets: name → what lies there, train first.
        policy: what a run would do to views, whose normalisation is compared with the images.
        step: called after each picture, on any thread.

    Raises:
        DataError: no picture of a set can be decoded.
    """
    side = _side([each.source for each in sets.values()])
    pictures = {name: measure(each.source, side, step) for name, each in sets.items()}
    for name, each in pictures.items():
        if not len(each):
            raise DataError(
                f"Not one picture of {name} can be decoded.",
                why=f"Found {each.source.ledger.summary()}.",
            )
    found = {name: describe(name, each) for name, each in pictures.items()}
    near = sum(map(len, pictures.values())) <= MOST_NEAR
    groups = duplicates(pictures, near=near)
    leaking = leaks(groups, {name: len(each) for name, each in pictures.items()})
    all_concerns = [
        *(concerns.of_leak(leak, groups) for leak in leaking),
        *_of_sets(found, {name: each.root for name, each in sets.items()}, groups),
        *(concerns.of_normalisation(next(iter(found.values())), policy) if policy else ()),
    ]
    ordered = sorted(all_concerns, key=lambda concern: not concern.serious)
    return Findings(place, tuple(found.values()), groups, leaking, tuple(ordered), near=near)


def _of_sets(
    found: Mapping[str, Found], roots: Mapping[str, Path | None], groups: Sequence[Group]
) -> Iterator[Concern]:
    train, *others = found.values()
    for other in others:
        yield from mismatches(train, other)
    for name, each in found.items():
        yield from concerns.of_ledger(each)
        yield from concerns.of_groups(name, groups)
        yield from balance(each)
        yield from folders(roots[name], each)
        yield from concerns.of_oddities(each)


def _side(sources: Iterable[Source]) -> int:
    """Of the small grey squares: photos are told apart by more details than small pictures have."""
    large = [
        isinstance(source, Photos) and int(source.sizes.amin(1).median()) >= 128
        for source in sources
    ]
    return 64 if all(large) else 32


def describe(name: str, pictures: Pictures) -> Found:
    """What a set holds."""
    source, sizes = pictures.source, pictures.sizes
    area = sizes.prod(1)
    by_area = np.argsort(area, kind="stable")
    middle = sizes[by_area[len(by_area) // 2]]
    sides = {"smallest": sizes[by_area[0]], "median": middle, "largest": sizes[by_area[-1]]}
    mean = pictures.mean.mean(0)
    return Found(
        name=name,
        what=source.name,
        pictures=len(pictures),
        classes=count_classes(source.classes, source.label[pictures.row].tolist()),
        channels=source.channels,
        sides={kind: (int(height), int(width)) for kind, (height, width) in sides.items()},
        mean=mean,
        deviation=np.sqrt(np.maximum(pictures.square.mean(0) - mean**2, 0)),
        ledger=source.ledger.as_dict(),
        odd=dict(_odd(pictures)),
    )


def _odd(pictures: Pictures) -> Iterator[tuple[str, list[str]]]:
    short, long = pictures.sizes.min(1), pictures.sizes.max(1)
    grey = pictures.colourless & ~pictures.plain
    kinds = {
        "one colour": pictures.plain,
        "tiny": (short < TINY) & (statistics.median(short.tolist()) >= TINY),
        "oblong": long > _OBLONG * short,
        "grey": grey if grey.mean() < 0.5 else np.zeros_like(grey),
    }
    names = pictures.source.names
    for kind, which in kinds.items():
        if which.any():
            yield kind, [names[row] for row in pictures.row[which].tolist()]
