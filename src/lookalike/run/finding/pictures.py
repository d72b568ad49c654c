"""Pictures that somebody names one by one, by folders, or as a set."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from lookalike.data.folder import list_folder
from lookalike.data.ledger import Ledger
from lookalike.data.listing import Files, Listing, printable
from lookalike.data.opening import available_splits, inspected_source, open_source
from lookalike.data.sources import Source, chosen
from lookalike.recipe.paths import NAMED_SETS


def open_pictures(places: Sequence[str], channels: int) -> Iterator[Source]:
    """A source for each folder, table or set, and one for all single files; named as typed.

    Args:
        places: pictures, folders of them, Parquet files or named sets, of which the test split
            counts.
        channels: wanted.

    Raises:
        DataError: nothing is there, or no picture of a folder can be read.
    """
    single = [place for place in places if Path(place).is_file() and not _is_table(Path(place))]
    for place in places:
        if place in single[1:]:
            continue
        yield _files(single, channels) if place in single else _opened(place, channels)


def _opened(place: str, channels: int) -> Source:
    path = Path(place)
    if place not in NAMED_SETS and path.is_dir() and not any(path.glob("*.parquet")):
        source = inspected_source(list_folder(path), None, channels)
        source = chosen(source, source.label.argsort(stable=True))  # as a person would list them
        names = [f"{path / name}" for name in source.names]
        skipped = {f"{path / name}": why for name, why in source.ledger.skipped.items()}
        return replace(source, names=names, ledger=replace(source.ledger, skipped=skipped))
    has_test = "test" in available_splits(place)
    return open_source(place, "test" if has_test else "train", channels=channels)


def _is_table(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


@dataclass(frozen=True)
class _Named(Files):
    """Single files."""

    paths: Sequence[str]

    def name(self, row: int) -> str:
        return printable(self.paths[row])

    def open(self, row: int) -> io.BytesIO | io.BufferedReader:
        return Path(self.paths[row]).open("rb")

    def take(self, rows: Sequence[int] | torch.Tensor) -> "_Named":
        return _Named([self.paths[int(row)] for row in rows])


def _files(paths: Sequence[str], channels: int) -> Source:
    listing = Listing(
        place=", ".join(paths[:3]),
        kind="",
        files=_Named(paths),
        label=torch.full((len(paths),), -1),
        classes=(),
        fingerprint="",
        version="",
        ledger=Ledger(found=len(paths)),
    )
    return inspected_source(listing, None, channels)
