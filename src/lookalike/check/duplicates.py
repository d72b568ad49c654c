"""Which pictures stand there more than once, in a set or in several."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lookalike.check.alike import near_pairs
from lookalike.check.findings import Group, Leak, Place
from lookalike.check.pictures import Pictures, read_pixels
from lookalike.data.decoding import UnreadableImage

LEAST_SIDE = 24
"""Pictures of fewer pixels a side hold too little to tell a copy from something alike."""

_SAME = 0.97  # score from which pictures of one size may be the same in every pixel


def duplicates(sets: Mapping[str, Pictures], *, near: bool) -> tuple[Group, ...]:
    """Groups of equal or nearly equal pictures, those across sets first, then those of two labels.

    Args:
        sets: name → its pictures.
        near: look for nearly equal ones, too.
    """
    exact = _exact([key for pictures in sets.values() for key in pictures.digest])
    whole = _with_near(sets, exact) if near else exact
    members = defaultdict[int, list[Place]](list)
    for place, group in zip(_places(sets, exact.tolist()), whole.tolist(), strict=True):
        members[group].append(place)
    found = [Group(tuple(group)) for group in members.values() if len(group) > 1]
    return tuple(sorted(found, key=lambda g: (-len(g.sets), -len(g.labels), -len(g.pictures))))


def leaks(groups: Iterable[Group], sizes: Mapping[str, int]) -> tuple[Leak, ...]:
    """How many pictures of each later set stand in each earlier one.

    Args:
        groups: of pictures that are the same or nearly so.
        sizes: set → how many pictures it has, in the order train, test, ….
    """
    found = []
    for trained, tested in combinations(sizes, 2):
        both = [group for group in groups if {trained, tested} <= group.sets]
        if both:
            every = sum(len(group.of(tested)) for group in both)
            exact = sum(_seen(group, tested, trained) for group in both)
            found.append(Leak(tested, trained, exact, every - exact, sizes[tested]))
    return tuple(found)


def _seen(group: Group, tested: str, trained: str) -> int:
    """How many pictures of one set are the same as one of the other."""
    known = {each.content for each in group.of(trained)}
    return sum(each.content in known for each in group.of(tested))


def _places(sets: Mapping[str, Pictures], content: Sequence[int]) -> Iterator[Place]:
    numbers = iter(content)
    for name, pictures in sets.items():
        source = pictures.source
        for row in pictures.row.tolist():
            label = int(source.label[row])
            of = source.classes[label] if label >= 0 else ""
            yield Place(name, row, source.names[row], of, next(numbers))


def _exact(digests: Sequence[tuple[bytes, bytes]]) -> Int[np.ndarray, " n"]:
    """A number for each picture, the same for equal files or pixels."""
    first: dict[Hashable, int] = {}
    pairs = [
        (number, first.setdefault((kind, digest), number))
        for number, both in enumerate(digests)
        for kind, digest in enumerate(both)
        if digest
    ]
    return _joined(np.array(pairs, np.int64).reshape(-1, 2), count=len(digests))


def _with_near(sets: Mapping[str, Pictures], exact: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """The groups after nearly equal pictures have joined them.

    `exact` is changed where those turn out to be equal in every pixel, e.g. after a change of format.
    """
    sizes = np.concatenate([pictures.sizes for pictures in sets.values()])
    _, first = np.unique(exact, return_index=True)
    single = first[sizes[first].min(1) >= LEAST_SIDE]
    grey = np.concatenate([pictures.grey for pictures in sets.values()])[single]
    found = near_pairs(grey)
    pairs = np.stack([single[found.first.numpy()], single[found.second.numpy()]], 1)
    likely = (found.score.numpy() >= _SAME) & ~found.mirrored.numpy()
    likely &= (sizes[pairs[:, 0]] == sizes[pairs[:, 1]]).all(1)
    likely[likely] = [_same_pixels(sets, pair) for pair in pairs[likely]]
    before = np.stack([first[exact], np.arange(len(exact))], 1)
    exact[:] = _joined(before, pairs[likely], count=len(exact))
    return _joined(before, pairs, count=len(exact))


def _same_pixels(sets: Mapping[str, Pictures], pair: Int[np.ndarray, " 2"]) -> bool:
    where = [(p.source, row) for p in sets.values() for row in (p.row,)]
    starts = np.cumsum([0, *(len(row) for _, row in where)])
    pixels = []
    for number in pair:
        place = int(np.searchsorted(starts, number, "right")) - 1
        source, row = where[place]
        try:
            pixels.append(read_pixels(source, int(row[number - starts[place]])))
        except UnreadableImage:  # it could be a moment ago
            return False
    one, other = pixels
    return np.array_equal(one, other)


def _joined(*pairs: Int[np.ndarray, "_ 2"], count: int) -> Int[np.ndarray, " n"]:
    """A number for each of `count` things, the same for those that pairs connect."""
    first, second = np.concatenate(pairs).T
    graph = coo_array((np.ones(len(first), np.bool_), (first, second)), shape=(count, count))
    number: Int[np.ndarray, " n"] = connected_components(graph, directed=False)[1].astype(np.int64)
    return number
