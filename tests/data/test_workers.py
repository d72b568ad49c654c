"""Worker processes outlive what is not meant for them, and never their parent."""

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from multiprocessing import forkserver
from pathlib import Path

import pytest
import torch

from data.odd_files import Odd
from data.pictures import PHOTO, noise, save
from lookalike.data import workers
from lookalike.data.cropping import TASK, Cropper, Crops, Request
from lookalike.data.opening import open_source
from lookalike.data.workers import Workers
from lookalike.errors import DataError
from lookalike.views.policy import Crop, Policy

REQUESTS = [Request(epoch, list(range(10))) for epoch in range(6)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("photos")
    for number in range(10):
        save(root / f"{number}.jpg", noise(number, *PHOTO), quality=95)
    return root


@pytest.fixture(scope="module")
def cropper(folder):
    return Cropper(open_source(folder).reader, (Policy(size=16, crop=Crop()),), seed=7)


@pytest.fixture(scope="module")
def expected(cropper):
    return [cropper[request] for request in REQUESTS]


def crew(cropper: Cropper, count: int = 2) -> Workers:
    return Workers(cropper, count, ahead=TASK)


def same(first: Iterable[Crops], second: list[Crops]) -> bool:
    pairs = list(zip(first, second, strict=True))
    return all(a.rows == b.rows and torch.equal(a.views[0], b.views[0]) for a, b in pairs)


def processes() -> set[int]:
    return {worker.pid for worker in multiprocessing.active_children()}


def gone(process: int) -> bool:
    """Whether it has ended, even where nobody has asked for its exit code."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return True


def all_gone(started: Iterable[int], within: float = 10.0) -> bool:
    end = time.monotonic() + within
    while not (ended := all(map(gone, started))) and time.monotonic() < end:
        time.sleep(0.02)
    return ended


@pytest.mark.parametrize("count", [0, 1, 3])
def test_answers_come_in_order(cropper, expected, count):
    assert same(crew(cropper, count).answers(REQUESTS), expected)


def test_workers_stay(cropper):
    stay, seen = crew(cropper), []
    for _ in range(2):
        next(stay.answers(REQUESTS))
        seen.append(processes())
    assert len(seen[0]) == 2
    assert seen[0] == seen[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_to_all_processes_do_not_end_the_work(cropper, expected, number):
    answers = crew(cropper).answers(REQUESTS)
    seen = [next(answers)]
    server = forkserver._forkserver._forkserver_pid
    for process in [*processes(), server]:
        os.kill(process, number)
    time.sleep(0.1)
    assert same([*seen, *answers], expected)
    assert not gone(server)


def test_other_children_of_the_server_end_by_a_signal(cropper):
    next(crew(cropper).answers(REQUESTS))
    other = multiprocessing.get_context("forkserver").Process(target=time.sleep, args=(60,))
    other.start()
    other.terminate()
    other.join(10)
    assert other.exitcode == -signal.SIGTERM


def test_workers_end_with_what_they_work_for(cropper):
    working = crew(cropper)
    answers = working.answers(REQUESTS)
    next(answers)
    started = processes()
    assert len(started) == 2
    del working, answers
    gc.collect()
    assert all_gone(started)


def test_a_killed_worker_is_a_clear_error(cropper):
    answers = crew(cropper, 1).answers(REQUESTS * 100)
    next(answers)
    begun = time.monotonic()
    for process in processes():
        os.kill(process, signal.SIGKILL)
    with pytest.raises(DataError, match="was ended by SIGKILL") as caught:
        list(answers)
    assert "--workers 0" in caught.value.do
    assert time.monotonic() - begun < 15


def oddly(cropper: Cropper, how: str) -> Cropper:
    reader = cropper.reader
    return replace(cropper, reader=replace(reader, files=Odd(reader.files, how)))


def test_a_picture_that_ends_its_worker_is_named(cropper):
    odd = crew(oddly(cropper, "crash"), 1)
    with pytest.raises(DataError, match=r"SIGSEGV while it read '3\.jpg'"):
        list(odd.answers(REQUESTS))


@pytest.mark.parametrize("count", [0, 2])
def test_a_slow_disk_is_told_and_does_no_harm(cropper, expected, count, monkeypatch, caplog):
    monkeypatch.setattr(workers, "SECONDS_BETWEEN_LINES", 0.3)
    slow = crew(oddly(cropper, "slow"), count)
    assert same(slow.answers(REQUESTS[:1]), expected[:1])
    assert any("3.jpg" in line for line in caplog.messages)


def test_without_shared_memory_answers_come_through_a_pipe(cropper, monkeypatch):
    """Like a full /dev/shm, which the system answers with this error when memory is asked for."""

    def full(self):
        raise RuntimeError("unable to allocate shared memory(shm): No space left on device (28)")

    answer = cropper[REQUESTS[0]]
    shared = workers._handed_over(answer)
    assert shared.views[0].is_shared()
    monkeypatch.setattr(torch.Tensor, "share_memory_", full)
    copied = workers._handed_over(cropper[REQUESTS[0]])
    assert not isinstance(copied.views[0], torch.Tensor)
    assert torch.equal(torch.as_tensor(copied.views[0]), answer.views[0])


SMALL = """
mount -t tmpfs -o size=1m none /dev/shm && exec "$0" "$@"
"""


def test_in_a_container_with_little_shared_memory(folder, tmp_path):
    """Batches of 3 MB where there is 1 MB in all."""
    script = SCRIPT.replace("size=16", "size=200")
    (tmp_path / "script.py").write_text(script)
    words = ["unshare", "-m", "sh", "-c", SMALL, sys.executable]
    if not allowed(words):
        pytest.skip("this system lets nobody mount, or has no unshare")
    done = subprocess.run(
        [*words, "-W", "error", str(tmp_path / "script.py"), str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "[(8, 3, 200, 200), (8, 3, 200, 200)]" in done.stdout


def allowed(words):
    try:
        return subprocess.run([*words, "-c", ""], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


SCRIPT = """
import multiprocessing, os, sys, torch
from multiprocessing import forkserver
print("script runs")
from lookalike.data.loading import Loader
from lookalike.data.listing import Files
from lookalike.data.opening import open_source
from lookalike.views.policy import Policy
crew = Loader(open_source(sys.argv[1]), (Policy(size=16),), batch=8, seed=0,
              device=torch.device("cpu"), workers=2)
batches = crew.batches(0, 20)
print([tuple(next(batches).views[0].shape) for _ in range(2)])
workers = [worker.pid for worker in multiprocessing.active_children()]
print(*workers, forkserver._forkserver._forkserver_pid, flush=True)
"""


def run(
    script: Path, content: str, folder: Path
) -> tuple[subprocess.CompletedProcess[str], list[int]]:
    """What became of a script, and the processes it had started."""
    script.write_text(content)
    done = subprocess.run(
        [sys.executable, "-W", "error", script, folder],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    *lines, started = done.stdout.splitlines()
    assert lines == ["script runs", "[(8, 3, 16, 16), (8, 3, 16, 16)]"]
    return done, [int(process) for process in started.split()]


def test_a_script_needs_no_main_guard_and_ends_in_the_middle(folder, tmp_path):
    done, started = run(tmp_path / "script.py", SCRIPT, folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(started) == 3
    assert all_gone(started)


def test_an_error_ends_the_workers_too(folder, tmp_path):
    done, started = run(tmp_path / "script.py", SCRIPT + "1 / 0\n", folder)
    assert done.returncode == 1
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert all_gone(started)


def test_nobody_is_left_behind_when_the_parent_is_killed(folder, tmp_path):
    done, started = run(tmp_path / "script.py", SCRIPT + "os.kill(os.getpid(), 9)\n", folder)
    assert done.returncode == -signal.SIGKILL
    assert len(started) == 3
    assert all_gone(started)
