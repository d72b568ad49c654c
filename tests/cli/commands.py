"""What tests of commands hand each other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


class Started(NamedTuple):
    """What reached `lookalike.run.pretrain`."""

    recipe: Any
    out: Path
    settings: dict[str, Any]
