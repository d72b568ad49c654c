"""What became of every path found: used, skipped for a reason, or excluded by a filter."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lookalike.data.reasons import reason_in
from lookalike.errors import DataError

NAMED = 3
"""How many skipped files a line for people names, of each reason."""

KEPT = 1000
"""How many skipped files `Ledger.as_dict` names; all are counted."""


FEW = 100
"""As many pictures may be unreadable whatever their share, but not more than half."""


def tolerated(share: float, pictures: int) -> int:
    """How many of a set's pictures may be unreadable.

    Args:
        share: of all pictures; 0 tolerates none.
        pictures: how many there are.
    """
    always = min(FEW, pictures // 2) if share else 0
    return max(int(share * pictures), always)


def counted(number: int, thing: str) -> str:
    """A number of things for people: "1 picture", "1,000 pictures"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


@dataclass
class Ledger:
    """The books of a source: found = used + skipped + excluded.

    Args:
        found: number of paths (or rows of a table) met.
        skipped: name → reason, for the first of what should have been a picture and was not used.
        reasons: reason → number of skipped pictures, of all of them.
        remarks: what is odd about used pictures → how many.
        excluded: filter → number, for what was left out without being opened.
        allowed: how many may be skipped before `check` complains, or None for any number.
    """

    found: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)
    allowed: int | None = None
    _met: set[int] = field(default_factory=set, repr=False, compare=False)

    @property
    def used(self) -> int:
        """What remains."""
        return self.found - self.lost - self.excluded.total()

    @property
    def lost(self) -> int:
        """How many were skipped."""
        return self.reasons.total()

    def skip(self, name: str, line: str) -> None:
        """Takes `name` out of the used ones; its first reason stays.

        Args:
            name: of the picture.
            line: the reason, with a colon and a detail or without.
        """
        if name in self.skipped or not self._first_time(name, ""):
            return
        reason = reason_in(line)
        if len(self.skipped) < KEPT or self.reasons[reason] < NAMED:
            self.skipped[name] = line
        self.reasons[reason] += 1

    def remark(self, name: str, what: str) -> None:
        """Counts something odd about a used picture, once."""
        if self._first_time(name, what):
            self.remarks[what] += 1

    def note(self, lost: Iterable[tuple[str, str]], odd: Iterable[tuple[str, str]]) -> None:
        """Skips and remarks that a worker process sends, as pairs of a name and words."""
        for name, line in lost:
            self.skip(name, line)
        for name, what in odd:
            self.remark(name, what)

    def exclude(self, filter_: str, number: int = 1) -> None:
        """Takes `number` paths out of the used ones without a look inside."""
        if number:
            self.excluded[filter_] += number

    def go_on(self, before: Mapping[str, Any]) -> None:
        """Takes over which pictures were lost since the books were opened, from `as_dict`."""
        for name, line in before.get("skipped", {}).items():
            self.skip(name, line)

    def check(self) -> None:
        """Raises a DataError with a table of the reasons when more than `allowed` were skipped."""
        if self.allowed is None or self.lost <= self.allowed:
            return
        every = self.lost + self.used
        raise DataError(
            f"{self.lost:,} of {counted(every, 'picture')} cannot be used, more than the "
            f"{self.allowed:,} tolerated.",
            why="\n".join(self.table()),
            do="Mend or remove them, or allow a larger share of them with data.tolerate=0.5, "
            "and leave out --strict.",
        )

    def table(self) -> list[str]:
        """A line for each reason: how many, why, and the first names."""
        width = len(f"{self.lost:,}")
        return [
            f"{number:>{width},} {reason}: {', '.join(map(repr, self._first(reason)))}"
            for reason, number in self.reasons.most_common()
        ]

    def summary(self) -> str:
        """One line for people."""
        parts = [f"{counted(self.used, 'picture')} used"]
        if self.remarks:
            parts[0] += f" ({_listed(self.remarks)})"
        if self.lost:
            parts.append(f"{self.lost:,} skipped: {self._some_skipped()}")
        if self.excluded:
            parts.append(f"{self.excluded.total():,} left out: {_listed(self.excluded)}")
        return "; ".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it; of the skipped the first names."""
        return {
            "found": self.found,
            "used": self.used,
            "skipped": dict(self.skipped),
            "reasons": dict(self.reasons),
            "remarks": dict(self.remarks),
            "excluded": dict(self.excluded),
        }

    @classmethod
    def from_dict(cls, books: Mapping[str, Any]) -> "Ledger":
        """The books that `as_dict` wrote."""
        return cls(
            found=books["found"],
            skipped=dict(books["skipped"]),
            reasons=Counter(books["reasons"]),
            remarks=Counter(books["remarks"]),
            excluded=Counter(books["excluded"]),
        )

    def _first_time(self, name: str, what: str) -> bool:
        before = len(self._met)
        self._met.add(hash((name, what)))
        return len(self._met) > before

    def _first(self, reason: str) -> list[str]:
        names = [name for name, line in self.skipped.items() if reason_in(line) == reason]
        return names[:NAMED]

    def _some_skipped(self) -> str:
        first = [f"{name!r} ({line})" for name, line in list(self.skipped.items())[:NAMED]]
        more = self.lost - len(first)
        return ", ".join([*first, *([f"{more:,} more"] if more else [])])


def _listed(numbers: Counter[str]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in numbers.most_common())
