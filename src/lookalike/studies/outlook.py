"""How long the missing runs of a study will take, by those that are there."""

import statistics
from collections.abc import Sequence

from lookalike.record import read_record
from lookalike.studies.runs import Task, missing


def before(todo: Sequence[Task], *, jobs: int) -> str:
    """What is to be done, in a sentence.

    Args:
        todo: all runs of a study.
        jobs: runs at a time.
    """
    left = missing(todo)
    found = (read_record(task.out).training_seconds() for task in todo if task not in left)
    seconds = [each for each in found if each]
    if not left:
        time = "nothing is left to do"
    elif seconds:
        time = f"about {spoken(statistics.mean(seconds) * len(left) / jobs)}"
    else:
        time = "after the first it is told how long that takes"
    return f"{len(todo)} runs, {len(left)} of them to be made: {time}"


def remaining(passed: float, made: int, others: int) -> str:
    """How long the others will take, or "".

    Args:
        passed: seconds since the beginning.
        made: runs made in them.
        others: runs still to be made.
    """
    return f"; about {spoken(passed / made * others)} left" if made and others else ""


def spoken(seconds: float) -> str:
    """A time that is known roughly."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
