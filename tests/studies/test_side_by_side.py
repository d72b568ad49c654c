"""Runs of a study, each in a process of its own."""

import multiprocessing
import threading
import time
from pathlib import Path

from lookalike.studies.perform import find, tasks
from lookalike.studies.runs import work


def kill_one() -> None:
    """The first process that starts."""
    while not (started := multiprocessing.active_children()):
        time.sleep(0.01)
    started[0].kill()


def test_a_process_that_is_killed_does_not_end_the_others(tmp_path: Path) -> None:
    todo = tasks(find("simclr-heads", "tiny"), seeds=1, data="shapes", root=tmp_path)[:2]
    killer = threading.Thread(target=kill_one)
    killer.start()
    ended = dict(work(todo, jobs=2))
    killer.join()
    killed = [task for task, why in ended.items() if "SIGKILL" in why]
    assert [task for task in todo if task.done] == [task for task in todo if task not in killed]
    assert len(killed) == 1
