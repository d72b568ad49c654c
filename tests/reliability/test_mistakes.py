"""What people type wrong, and what they are told: `mistakes.md` is for people to read and review.

A mistake is added there as a heading with the command and its exit code, and the message below it.
"""

import contextlib
import errno
import os
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from reliability.typed import furnish, type_in

PAGE = Path(__file__).with_name("mistakes.md")
CASES = re.findall(r"^## `([^\n]+)` ends with (\d)\n+```\n(.*?)```", PAGE.read_text(), re.M | re.S)

Change = Callable[[pytest.MonkeyPatch], None]


def full_disk(change: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    change.setattr(os, "fsync", refuse)


def without_pyarrow(change: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        change.delitem(sys.modules, name)
    change.setitem(sys.modules, "pyarrow", None)  # type: ignore[arg-type]


CIRCUMSTANCES: dict[str, Change] = {
    "pretrain mine.yaml --out runs/full": full_disk,
    "pretrain simclr --data set.parquet": without_pyarrow,
    "pretrain simclr-digits --device cuda": lambda change: change.setattr(
        torch.cuda, "is_available", lambda: False
    ),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("here")
    furnish(folder)
    return folder


def told(line: str, here: Path, change: pytest.MonkeyPatch) -> tuple[int, str]:
    """Exit code and message; every mistake leaves the folder as it was."""
    with contextlib.chdir(here):
        before = seen(here)
        change.setenv("COLUMNS", "100")
        CIRCUMSTANCES.get(line, lambda _: None)(change)
        ended = type_in(line)
        assert seen(here) == before
    message = ended.err.replace(str(here), "HERE")
    return ended.code, re.sub(r"[\d,.]+ (bytes|[GMk]i?B)", r"N \1", message)


def seen(folder: Path) -> list[Path]:
    """What lies there, but for locks and caches."""
    paths = sorted(folder.rglob("*"))
    odd = ("cache", "full")  # a run that the disk stopped may have begun
    return [p for p in paths if p.name[0] != "." and not any(each in p.parts for each in odd)]


def test_there_are_enough() -> None:
    assert len(CASES) >= 60
    assert {shlex.split(line)[0] for line, _, _ in CASES} >= {"pretrain", "evaluate", "compare"}


@pytest.mark.parametrize(("line", "code", "message"), CASES, ids=[line for line, _, _ in CASES])
def test_a_mistake(
    line: str, code: str, message: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(line, here, monkeypatch) == (int(code), f"lookalike: {message}")


@pytest.mark.parametrize(("line", "code", "message"), CASES, ids=[line for line, _, _ in CASES])
def test_a_message_says_what_and_what_to_do(line: str, code: str, message: str) -> None:
    """Sentences, of which the last says what to do, and no word from the machine room."""
    lines = message.strip().splitlines()
    assert code in "234"
    assert 2 <= len(lines) <= 5
    assert all(len(each) < 500 for each in lines)
    assert lines[0][-1] in ".?"
    assert not re.search(r"Traceback|Error\b|\bNone\b|0x[0-9a-f]{6}|<class", lines[0])
