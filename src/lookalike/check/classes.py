"""What the folders of one or several sets say about classes."""

import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from lookalike.check.findings import Concern, Found

FEW = 5
"""Pictures below which a class is nearly empty."""

_NAMED = 5


def some(names: Sequence[str], quoted: bool = True) -> str:
    """The first few names, and how many more there are."""
    shown = [repr(name) if quoted else name for name in names[:_NAMED]]
    more = [f"{len(names) - _NAMED:,} more"] if len(names) > _NAMED else []
    return ", ".join([*shown, *more])


def mismatches(train: Found, other: Found) -> Iterator[Concern]:
    """Classes that two sets do not share. Names meet as they are spelt."""
    known, there = _present(train), _present(other)
    if not known or not there:
        return
    extra = [name for name in there if name not in known]
    missing = [name for name in known if name not in there]
    spelt = {_alike(name): name for name in missing}
    variants = [(spelt[_alike(name)], name) for name in extra if _alike(name) in spelt]
    for mine, theirs in variants:
        yield Concern(
            "classes",
            True,
            f"The class {mine!r} of {train.name} is called {theirs!r} in {other.name}"
            f"{_difference(mine, theirs)}.",
            "Rename one of the folders: classes meet by their names.",
        )
    taken = {name for pair in variants for name in pair}
    if strange := [name for name in extra if name not in taken]:
        yield Concern(
            "classes",
            True,
            f"{other.name} has {_classes(strange)} that {train.name} does not have.",
            f"Add pictures of them to {train.name}, rename them, or leave them out of {other.name}.",
        )
    if absent := [name for name in missing if name not in taken]:
        yield Concern(
            "classes",
            False,
            f"{other.name} has no pictures of {_classes(absent)}.",
            "Scores then say nothing about them.",
        )


def balance(found: Found) -> Iterator[Concern]:
    """Classes with very few pictures, and very unequal ones."""
    counts = {name: count for name, count in found.classes.items() if count}
    if len(counts) < 2:
        return
    small = [f"{name} ({count})" for name, count in counts.items() if count < FEW]
    if small:
        what = f"{found.name} has {'a class' if len(small) == 1 else f'{len(small):,} classes'}"
        yield Concern(
            "balance",
            False,
            f"{what} of fewer than {FEW} pictures: {some(small, quoted=False)}.",
            "Add pictures, join classes, or do not judge by them.",
        )
    most, median = max(counts.values()), statistics.median(counts.values())
    if most >= 10 * median and most > FEW:
        largest = max(counts, key=counts.__getitem__)
        yield Concern(
            "balance",
            False,
            f"The class {largest!r} of {found.name} has {most:,} pictures, and half of the classes "
            f"have {median:,.0f} or fewer.",
            "Look at scores class by class: top-1 accuracy mostly tells of the large ones.",
        )


def folders(root: Path | None, found: Found) -> Iterator[Concern]:
    """Folders beside the classes that hold nothing or are hidden, and pictures beside folders."""
    if root is None:
        return
    entries = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
    hidden = [name for name in entries if name.startswith(".")]
    if hidden:
        yield Concern("folders", False, f"{found.name} leaves out hidden folders: {some(hidden)}.")
    if "beside the" in found.what:
        yield Concern(
            "folders",
            False,
            f"{found.name} has {found.what}: so its folders are not taken for classes.",
            "Move the pictures beside them away if they are classes.",
        )
    empty = [name for name in entries if name not in hidden and name not in found.classes]
    if empty and found.classes:
        yield Concern(
            "folders", False, f"{found.name} has folders without any usable picture: {some(empty)}."
        )


def _present(found: Found) -> dict[str, int]:
    return {name: count for name, count in found.classes.items() if count}


def _alike(name: str) -> str:
    """The name without what eyes overlook."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())


def _difference(mine: str, theirs: str) -> str:
    if mine.casefold() == theirs.casefold():
        return ", which differs in capitals"
    if unicodedata.normalize("NFC", mine) == unicodedata.normalize("NFC", theirs):
        return ", which looks the same and is another Unicode form"
    return ""


def _classes(names: Sequence[str]) -> str:
    return f"{'the class' if len(names) == 1 else f'{len(names):,} classes:'} {some(names)}"


def count_classes(classes: Sequence[str], labels: Sequence[int]) -> dict[str, int]:
    """Class → its pictures, in the order of the classes; those without any stay."""
    counts = Counter(labels)
    return {name: counts[number] for number, name in enumerate(classes)}
