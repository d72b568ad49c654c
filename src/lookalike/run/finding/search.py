"""The pictures most like one that somebody has."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch.nn.functional import normalize

from lookalike.data.sources import Source
from lookalike.run.finding.collection import Collection
from lookalike.run.finding.index import Index
from lookalike.run.finding.pictures import open_pictures


class Match(NamedTuple):
    """A picture that was found.

    Args:
        path: of its file, or its name.
        similarity: cosine of both pictures' features, up to 1.
        label: its class, or "".
        row: in the index.
    """

    path: str
    similarity: float
    label: str
    row: int


class Answer(NamedTuple):
    """What was found for one picture.

    Args:
        query: its path or name.
        label: its class, or "".
        matches: the most similar first.
        source: where the query's pixels are.
        row: in that source.
    """

    query: str
    label: str
    matches: tuple[Match, ...]
    source: Source
    row: int

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        matches = [
            {"path": each.path, "similarity": each.similarity, "class": each.label}
            for each in self.matches
        ]
        return {"query": self.query, "class": self.label, "matches": matches}


@dataclass(frozen=True)
class Found:
    """The answers to all queries.

    Args:
        answers: one for each readable query.
        unreadable: query → reason.
        index: what was searched.
        top: how many matches were asked for.
    """

    answers: tuple[Answer, ...]
    unreadable: dict[str, str]
    index: Index
    top: int

    @property
    def precision(self) -> float | None:
        """Mean share of matches of the query's own class; None where no query has a class."""
        shares = [
            sum(match.label == answer.label for match in answer.matches) / len(answer.matches)
            for answer in self.answers
            if answer.label in self.index.source.classes and answer.matches
        ]
        return sum(shares) / len(shares) if shares else None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "answers": [answer.as_dict() for answer in self.answers],
            "top": self.top,
            "precision": self.precision,
            "unreadable": self.unreadable,
        }


def search(collection: Collection, queries: Sequence[str], top: int) -> Found:
    """The `top` most similar pictures of each query; a picture does not find its own file.

    Args:
        collection: is searched.
        queries: pictures, folders of them, tables or named sets.
        top: how many, or all there are.

    Raises:
        DataError: nothing can be read.
    """
    index = collection.index()
    known = _Known(index)
    answers: list[Answer] = []
    unreadable: dict[str, str] = {}
    for source in open_pictures(queries, collection.pretrained.encoder.channels):
        for part in collection.sight.features(source):
            itself = torch.tensor([known.row(source.names[row]) for row in part.image.tolist()])
            similarity, rows = index.nearest(normalize(part.values, dim=1), top, itself)
            found = zip(part.image.tolist(), itself.tolist(), similarity, rows, strict=True)
            for row, own, near, where in found:
                best = zip(near.tolist(), where.tolist(), strict=True)
                matches = tuple(_match(index, *each) for each in best if each[1] != own)
                name, label = source.names[row], int(source.label[row])
                of = source.classes[label] if label >= 0 else ""
                answers.append(
                    Answer(name, index.label(own) if own >= 0 else of, matches, source, row)
                )
        unreadable |= {name: str(reason) for name, reason in source.ledger.skipped.items()}
    return Found(tuple(answers), unreadable, index, top)


def _match(index: Index, similarity: float, row: int) -> Match:
    return Match(index.path(row), min(similarity, 1.0), index.label(row), row)


class _Known:
    """Which file is which row of an index."""

    def __init__(self, index: Index) -> None:
        self._rows = {os.path.realpath(index.path(row)): row for row in range(len(index))}

    def row(self, path: str) -> int:
        """Of the file, or -1."""
        return self._rows.get(os.path.realpath(path), -1)
