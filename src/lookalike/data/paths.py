"""Many paths in little memory: a million of them are no million objects."""

import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Paths:
    """Paths as the system spells them, which worker processes share.

    Args:
        text: one behind the other, each ended by a zero.
        span: where each begins and ends.
    """

    text: UInt8[Tensor, " bytes"]
    span: Int[Tensor, "n 2"]

    @classmethod
    def of(cls, paths: Iterable[str | bytes]) -> "Paths":
        """Keeps what comes, one after the other."""
        text, ends = bytearray(), array("q", [0])
        for path in paths:
            text += os.fsencode(path) + b"\0"
            ends.append(len(text))
        place = torch.from_numpy(np.frombuffer(ends, np.int64))
        span = torch.stack([place[:-1], place[1:] - 1], 1)
        return cls(torch.from_numpy(np.frombuffer(text, np.uint8)), span)

    def __len__(self) -> int:
        return len(self.span)

    def __getitem__(self, row: int) -> str:
        begin, end = self.span[row].tolist()
        return os.fsdecode(self.text[begin:end].numpy().tobytes())

    def take(self, rows: Int[Tensor, " m"]) -> "Paths":
        """Those of `rows`, in that order."""
        return replace(self, span=self.span[rows])

    def chunks(self) -> Iterator[bytes]:
        """All of them, each ended by a zero, some thousand at a time."""
        text = self.text.numpy().data
        for part in self.span.split(4096):
            yield b"".join(bytes(text[begin : end + 1]) for begin, end in part.tolist())


class Names(Sequence[str]):
    """Names that are made when somebody asks for them.

    Args:
        name: number → name.
        count: how many there are.
    """

    def __init__(self, name: Callable[[int], str], count: int) -> None:
        self._name, self._rows = name, range(count)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: Any) -> Any:
        rows = self._rows[row]
        return self._name(rows) if isinstance(rows, int) else [self._name(each) for each in rows]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and [*self] == [*other]

    __hash__ = None  # type: ignore[assignment]
