"""`lookalike runs`: a table whose states are true."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lookalike as la
from cli.commands import Command
from lookalike import lock
from lookalike.errors import Interrupted, NumericalError
from lookalike.lock import locked
from lookalike.run.ending import noted
from run.comparable import LABEL, evaluate, guesses, write_run


def state(run: Path) -> tuple[str, str]:
    [found] = la.runs(run)
    return found.state, found.why


def unfinished(run: Path) -> Path:
    """A run that has done 150 of its 200 updates."""
    rows = (write_run(run) / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run / "metrics.jsonl").write_text("".join(rows[:150]) + '{"update": 150, "epo')
    return run


def train_until(run: Path, error: BaseException) -> None:
    with locked(run), noted(run):
        assert state(run) == ("running", "")
        raise error


def test_how_a_training_ended(tmp_path: Path) -> None:
    run = unfinished(tmp_path / "run")
    assert state(run) == ("interrupted", "")
    for error, ended in (
        (Interrupted("Stopped after update 3.", signal=15), ("stopped", "Stopped after update 3.")),
        (KeyboardInterrupt(), ("stopped", "KeyboardInterrupt")),
        (NumericalError("The loss is nan.", do="Lower it."), ("failed", "The loss is nan.")),
    ):
        with pytest.raises(type(error)):
            train_until(run, error)
        assert state(run) == ended
        with locked(run):  # to evaluate it, say
            assert state(run) == ("running", "")
    with locked(run), noted(run):
        pass
    assert state(run) == ("done", "")


def test_a_killed_training_runs_no_more(tmp_path: Path) -> None:
    run = unfinished(tmp_path / "run")
    (run / "end.json").write_text('{"state": "stopped", "why": "before"}')
    program = f"""
import os
from pathlib import Path
from lookalike.lock import locked
from lookalike.run.ending import noted
with locked(Path({str(run)!r})), noted(Path({str(run)!r})):
    print(flush=True)
    input()
    os.kill(os.getpid(), 9)
"""
    words = [sys.executable, "-c", program]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        assert state(run) == ("running", "")
        process.communicate(b"\n")
    assert state(run) == ("interrupted", "")


def test_another_machine_runs_as_long_as_it_gives_signs_of_life(tmp_path: Path) -> None:
    run = unfinished(tmp_path / "run")
    path = run / ".lock"
    path.write_text(json.dumps({"pid": 1, "host": "elsewhere", "boot": "b"}))
    assert state(run) == ("running", "")
    long_ago = time.time() - lock.SILENCE - 1
    os.utime(path, (long_ago, long_ago))
    assert state(run) == ("interrupted", "")


def test_a_run_from_before_ends_were_noted(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    assert state(run) == ("interrupted", "")
    (run / "encoder").mkdir()
    assert state(run) == ("done", "")


def test_the_table(command: Command, here: Path) -> None:
    one = write_run(here / "runs" / "one")
    evaluate(one, guesses(range(40)))
    with (one / "metrics.jsonl").open("a") as file:
        for update, knn in ((200, 0.75), (201, 0.5)):
            row = {"update": update, "epoch": (update + 1) / 10, "knn": knn, "knn_untrained": 0.9}
            file.write(json.dumps(row) + "\n")
    (one / "end.json").write_text('{"state": "failed", "why": "Its [bold]disk is full."}')
    deep = here / "runs" / "studies" / "deep"
    write_run(deep)
    (deep / "recipe.yaml").write_text(
        "method: {name: byol}\nviews:\n- size: 8\nduration: 300 steps\n"
    )
    (deep / "metrics.jsonl").unlink()
    write_run(here / "runs" / "studies" / "deep" / "inside")
    damaged = write_run(here / "runs" / "zero")
    for name in ("recipe.yaml", "metrics.jsonl", "end.json"):
        (damaged / name).write_bytes(b"\xff{")
    odds = ("[1, {}]", '[{"subject": "trained", "metrics": [3]}]', "[" * 9999)
    for number, content in enumerate(odds):
        odd = write_run(here / "runs" / f"{number} odd")
        (odd / "evaluations").mkdir()
        (odd / "evaluations" / "linear.json").write_text(content)
        (odd / "end.json").write_text(content)
        (odd / "metrics.jsonl").write_text(f"{content}\n")

    ended = command("runs")
    assert (ended.code, ended.err) == (0, "")
    head, *rows = (line.split() for line in ended.out.splitlines())
    assert " ".join(head) == "run method encoder data updates best kNN last linear time state"
    assert [" ".join(row[:2]) for row in rows[:3]] == ["0 odd", "1 odd", "2 odd"]
    rows = rows[3:]
    first = (
        "one simclr – digits 202 of 200 75.0 % 50.0 % 90.0 % 2 min failed: Its [bold]disk is full."
    )
    assert " ".join(rows[0]) == first
    assert " ".join(rows[1]) == "studies/deep byol – – 0 of 300 – – – – interrupted"
    assert " ".join(rows[2]) == "zero – – – 0 of ? – – – – interrupted"
    assert len(rows) == 3

    found = json.loads(command("runs", "runs", "--json").out)[3]
    assert found["path"] == "runs/one"
    assert (found["best_knn"], found["last_knn"]) == (0.75, 0.5)
    assert found["seconds"] == pytest.approx(200 * 256 / 512)
    assert found["linear"] == pytest.approx(1 - 40 / len(LABEL))
    assert command("runs", "runs/one").out.splitlines()[1].startswith("one ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("runs", "There are no runs in runs.\nThere is no such folder.\nName another folder"),
        ("runs picturse", "Did you mean 'pictures'?"),
        ("runs file", "It is a file."),
        ("runs pictures", "No folder in it has a recipe.yaml.\nName another folder, or train one"),
    ],
)
def test_mistakes(command: Command, here: Path, words: str, says: str) -> None:
    (here / "pictures").mkdir()
    (here / "file").touch()
    ended = command(*words.split())
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err


def test_two_hundred_runs_take_little(here: Path) -> None:
    """Of the processor's time, so that others on the machine do not count; it takes a third of it."""
    one = write_run(here / "runs" / "000")
    row = {"loss": 0.1, "rate": 0.1, "images_per_second": 10.0, "knn": 0.5, "effective_rank": 3.0}
    rows = [row | {"update": i, "epoch": (i + 1) / 10} for i in range(2000)]
    (one / "metrics.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    for number in range(1, 200):
        shutil.copytree(one, here / "runs" / f"{number:03}")
    begun = time.process_time()
    assert len(la.runs("runs")) == 200
    assert time.process_time() - begun < 3
