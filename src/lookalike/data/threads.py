"""The same work on many files."""

import contextlib
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_BLOCK, _THREADS = 64, 4  # threads hide the disk's delays; decoding itself gains little


def for_each(work: Callable[[int], T], count: int) -> list[T]:
    """work(0) … work(count - 1), in order, on several threads and without Pillow's warnings."""

    def block(start: int) -> list[T]:
        return [work(row) for row in range(start, min(start + _BLOCK, count))]

    with quiet(), ThreadPoolExecutor(_THREADS) as pool:
        return [result for part in pool.map(block, range(0, count, _BLOCK)) for result in part]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silences Pillow's warnings: what is fatal also raises. Not for use inside a thread."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
