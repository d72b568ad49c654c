"""What became of every path found: used, skipped for a reason, or excluded by a filter."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

NAMED = 3
"""How many skipped files the one-line summary names; `Ledger.as_dict` names all."""


def counted(number: int, thing: str) -> str:
    """A number of things for people: "1 picture", "1,000 pictures"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


@dataclass
class Ledger:
    """The books of a source: found = used + skipped + excluded.

    Args:
        found: number of paths (or rows of a table) met.
        skipped: name → reason, for what should have been a picture and could not be read.
        excluded: filter → number, for what was left out without being opened.
    """

    found: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    excluded: Counter[str] = field(default_factory=Counter)

    @property
    def used(self) -> int:
        """What remains."""
        return self.found - len(self.skipped) - self.excluded.total()

    def skip(self, name: str, reason: str) -> None:
        """Takes `name` out of the used ones; its first reason stays."""
        self.skipped.setdefault(name, reason)

    def exclude(self, filter_: str, number: int = 1) -> None:
        """Takes `number` paths out of the used ones without a look inside."""
        if number:
            self.excluded[filter_] += number

    def summary(self) -> str:
        """One line for people."""
        parts = [f"{counted(self.used, 'picture')} used"]
        if self.skipped:
            parts.append(f"{len(self.skipped):,} skipped: {self._some_skipped()}")
        if self.excluded:
            kinds = ", ".join(f"{number:,} {kind}" for kind, number in self.excluded.most_common())
            parts.append(f"{self.excluded.total():,} left out: {kinds}")
        return "; ".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return {
            "found": self.found,
            "used": self.used,
            "skipped": dict(self.skipped),
            "excluded": dict(self.excluded),
        }

    def _some_skipped(self) -> str:
        first = [f"{name!r} ({reason})" for name, reason in list(self.skipped.items())[:NAMED]]
        more = len(self.skipped) - len(first)
        return ", ".join([*first, *([f"{more:,} more"] if more else [])])
