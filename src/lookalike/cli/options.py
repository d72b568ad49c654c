"""Options that several commands have, with their words."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Pictures that an encoder is asked about.

    Args:
        data: the pictures; those of the run if not given.
        limit: take the first this many pictures; a run's own number if not given.
        device: where to compute; auto takes a GPU if there is one.
        workers: processes that decode photos; one per core if not given.
    """

    data: str | None = None
    limit: int | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    workers: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """As the functions of `lookalike.start` take them."""
        return asdict(self)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Output:
    """Where an answer goes.

    Args:
        out: also write a page with the pictures, which needs no network.
        json_: print JSON instead of text.
    """

    out: Path | None = None
    json_: Annotated[bool, Parameter(name="--json")] = False

    def show(self, content: Any, lines: Iterable[str]) -> None:
        """Prints one of the two.

        Args:
            content: ready for JSON.
            lines: the same as text.
        """
        if self.json_:
            print_json(content)
            return
        for line in lines:
            print(line)


PICTURES, OUTPUT = Pictures(), Output()
"""Nothing is given."""


def print_json(content: Any) -> None:
    """Prints what other programs read."""
    json.dump(content, sys.stdout, indent=2, ensure_ascii=False)
    print()
