"""The same answer: from any number of workers, twice over, and from one version to the next.

The losses of twenty updates are kept in traces.json. A change that moves them is declared by writing
the file again in the same commit: `PYTHONPATH=tests python -m reliability.traces`.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reliability.conftest import Whole
from reliability.traces import FILE, traces
from reliability.trial import METHODS, Nursery, changes, final_state


@pytest.mark.parametrize("name", METHODS)
def test_a_seed_gives_its_bytes_again_and_another_gives_others(
    name: str, nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path
) -> None:
    nursery.start(tmp_path / "again", of=name).finish()
    assert final_state(tmp_path / "again") == whole(name).state
    nursery.start(tmp_path / "other", of=name, seed=1).finish()
    assert final_state(tmp_path / "other") != whole(name).state


@pytest.mark.parametrize("count", [0, 1, 4])
def test_the_number_of_workers_changes_nothing(
    count: int, photos: Path, nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path
) -> None:
    """Each number brings its own prefetch, too; the whole run had two."""
    settings = changes("photos", photos) | {"workers": count}
    nursery.start(tmp_path / "run", **settings).finish()
    assert final_state(tmp_path / "run") == whole("photos").state


@pytest.fixture(scope="module")
def now() -> dict[str, list[float]]:
    return traces()


def test_losses_are_those_of_the_last_version(now: dict[str, list[float]]) -> None:
    """In float32 on one thread at a low rate; other processors round differently, hence not equal."""
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    assert now.keys() == kept.keys() == METHODS.keys()
    for name, losses in kept.items():
        assert now[name] == pytest.approx(losses, rel=1e-5), (
            "declare it: see the first lines of this file"
        )


def test_losses_are_equal_on_one_machine(now: dict[str, list[float]]) -> None:
    assert traces() == now
