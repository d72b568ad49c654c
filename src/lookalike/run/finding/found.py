"""What a search, a look for duplicates or for outliers found, as lines and as a page."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from lookalike.data.decoding import UnreadableImage
from lookalike.data.ledger import counted
from lookalike.data.sources import Source
from lookalike.gallery.found_page import SIDE, Shown, Strip, address, write_page
from lookalike.run.finding.alike import Duplicates
from lookalike.run.finding.collection import pixels_of
from lookalike.run.finding.index import Index
from lookalike.run.finding.outliers import Outlier
from lookalike.run.finding.search import Found

STRIPS, PICTURES = 60, 12
"""How many strips a page shows, and how many pictures in each."""


def search_lines(found: Found) -> Iterator[str]:
    """Each query with its matches, the most similar first."""
    for answer in found.answers:
        yield f"{answer.query}{_class(answer.label)}"
        for each in answer.matches:
            yield f"  {each.similarity:6.3f}  {each.path}{_class(each.label)}"
    for name, reason in found.unreadable.items():
        yield f"{name}: cannot be read ({reason})"
    yield _verdict(found)


def _verdict(found: Found) -> str:
    searched = f"{counted(len(found.index), 'picture')} searched"
    if found.precision is None:
        return searched
    of = f"the {found.top} most similar pictures of each query"
    return f"{searched}; {100 * found.precision:.1f} % of {of} are of its class"


def search_page(found: Found, path: Path) -> None:
    """Each query beside its matches.

    Raises:
        StorageError: it cannot be written.
    """
    strips = []
    for answer in found.answers[:STRIPS]:
        query = Shown(_small(answer.source, answer.row), "asked", answer.label)
        matches = [
            Shown(_of(found.index, each.row), f"{each.similarity:.3f} {each.label}", each.path)
            for each in answer.matches[:PICTURES]
        ]
        more = len(answer.matches) - len(matches)
        strips.append(Strip(answer.query, [query, *matches], more))
    more = len(found.answers) - len(strips)
    lead = f"{_verdict(found)}."
    place = found.index.place
    write_page(path, above="search", title=place, lead=lead, strips=strips, more=more)


def duplicates_lines(found: Duplicates) -> Iterator[str]:
    """Each group with its pictures, and how they were found."""
    for number, group in enumerate(found.groups, 1):
        yield f"group {number}: {counted(len(group), 'picture')}{_two_classes(group)}"
        yield from (f"  {each.path}{_class(each.label)}" for each in group)
    yield duplicates_verdict(found)


def duplicates_verdict(found: Duplicates) -> str:
    """The rule and what it found, in one line."""
    count, groups = counted(len(found.index), "picture"), counted(len(found.groups), "group")
    told = f"{count}: {groups}, {found.extra:,} more than needed"
    alike = f"{counted(found.alike, 'pair')} with a similarity of {found.threshold:.4f} or more"
    if found.confirmed is None:
        return f"{told}; {alike}, as you asked; nobody looked at the pixels"
    false = 1 - found.confirmed / found.alike if found.alike else 0.0
    return (
        f"{told}; {alike}, which 99 % of gently changed copies reach; "
        f"the pixels agree in {found.confirmed:,} (similarity alone: {100 * false:.0f} % false)"
    )


def duplicates_page(found: Duplicates, path: Path) -> None:
    """Each group.

    Raises:
        StorageError: it cannot be written.
    """
    strips = [
        Strip(
            f"{counted(len(group), 'picture')}{_two_classes(group)}",
            [Shown(_of(found.index, one.row), one.label, one.path) for one in group[:PICTURES]],
            max(len(group) - PICTURES, 0),
        )
        for group in found.groups[:STRIPS]
    ]
    more = len(found.groups) - len(strips)
    lead, place = f"{duplicates_verdict(found)}.", found.index.place
    write_page(path, above="near-duplicates", title=place, lead=lead, strips=strips, more=more)


def _two_classes(group: Sequence[object]) -> str:
    labels = {getattr(each, "label", "") for each in group} - {""}
    return f", {len(labels)} classes" if len(labels) > 1 else ""


def outliers_lines(found: Sequence[Outlier]) -> Iterator[str]:
    """The farthest first: score, distance and path."""
    yield " score  distance  path"
    for each in found:
        yield f"{each.score:6.2f}  {each.distance:8.4f}  {each.path}{_class(each.label)}"


def outliers_page(found: Sequence[Outlier], index: Index, path: Path) -> None:
    """The farthest first.

    Raises:
        StorageError: it cannot be written.
    """
    shown = [
        Shown(_of(index, each.row), f"{each.score:.2f} {each.label}", each.path) for each in found
    ]
    lead = (
        f"The {len(shown)} of {counted(len(index), 'picture')} that lie farthest from their "
        "neighbours, measured by how far those lie from theirs."
    )
    strips = [Strip("the farthest first", shown)]
    write_page(path, above="outliers", title=index.place, lead=lead, strips=strips)


def _class(label: str) -> str:
    return f"  ({label})" if label else ""


def _of(index: Index, row: int) -> str:
    return _small(index.source, int(index.features.image[row]))


def _small(source: Source, row: int) -> str:
    try:
        return address(pixels_of(source, row, SIDE))
    except UnreadableImage:  # it could be a moment ago
        return ""
