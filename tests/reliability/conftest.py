"""One nursery for all that start trials, and the runs that nobody interrupted."""

import functools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from data.pictures import noise, save
from reliability.trial import Nursery, changes, final_state, wait_for

PHOTO = (60, 70)
"""Larger than what is packed would be if all had one size; these have two."""


class Whole(NamedTuple):
    """A run that nobody interrupted."""

    state: str
    seconds: float  # until its training was done; evaluations follow
    out: Path


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """256 photos of two classes, made of noise."""
    root = tmp_path_factory.mktemp("photos")
    for number in range(256):
        height, width = PHOTO if number % 2 else PHOTO[::-1]
        save(root / "ab"[number % 2] / f"{number:03}.jpg", noise(number, height, width))
    return root


@pytest.fixture(scope="session")
def whole(
    nursery: Nursery, photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Whole]:
    """Gives the uninterrupted run of a method, or that of SimCLR on photos."""

    @functools.cache
    def run(name: str) -> Whole:
        out = tmp_path_factory.mktemp("whole") / name
        begun = time.monotonic()
        trial = nursery.start(out, **changes(name, photos))
        wait_for(out / "encoder" / "config.json")
        seconds = time.monotonic() - begun
        trial.finish()
        return Whole(final_state(out), seconds, out)

    return run
