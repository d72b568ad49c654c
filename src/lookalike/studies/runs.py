"""The runs of a study: ordinary run folders, each named by what it is, so that studies share them."""

import os
import shlex
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rich.console import Console

from lookalike import start, text
from lookalike.data.listing import digest
from lookalike.errors import Interrupted
from lookalike.recipe.plan import Plan
from lookalike.record import read_record
from lookalike.signals import ended
from lookalike.studies.asking import ROOT, Question, Sitting, sittings
from lookalike.studies.scale import Command
from lookalike.studies.study import TRANSFER, Study


@dataclass(frozen=True)
class Task:
    """One run, and what is asked of it.

    Args:
        words: recipe and changes.
        seed: of the run.
        data: its images, or None for the recipe's own.
        out: its folder.
        asked: what the evaluations are.
    """

    words: Command
    seed: int
    data: str | None
    out: Path
    asked: tuple[Question, ...]

    @property
    def subjects(self) -> set[str]:
        """Everybody who is asked something."""
        return {question.subject for question in self.asked}

    @property
    def commands(self) -> list[str]:
        """What to type to get the same."""
        data = ["--data", self.data] if self.data else []
        train = ["pretrain", *self.words, *data, "--seed", str(self.seed), "--out", str(self.out)]
        projection = "projection" in self.subjects
        asked = (
            each.command(str(self.out), projection=projection) for each in sittings(self.asked)
        )
        return [shlex.join(["lookalike", *line]) for line in (train, *asked)]

    @property
    def done(self) -> bool:
        """Whether everything asked for is there."""
        if not (self.out / "recipe.yaml").exists():
            return False
        found = {(each.evaluation, each.subject) for each in read_record(self.out).evaluations}
        return all((question.title, question.subject) in found for question in self.asked)


def tasks(study: Study, *, seeds: int, data: str | None, root: Path) -> list[Task]:
    """Every run of a study with every seed.

    Args:
        study: at one scale.
        seeds: how often each run is made.
        data: images to train on, or None for the recipes' own.
        root: of all run folders.

    Raises:
        UsageError: a run's words are wrong, or its images are not named.
    """
    return [_task(study, run, seed, data, root) for run in study.runs for seed in range(seeds)]


def _task(study: Study, words: Command, seed: int, data: str | None, root: Path) -> Task:
    measures = [entry.measure for entry in study.entries.values() if entry.run == words]
    asked = dict.fromkeys(question for each in measures if (question := Question.of(each)))
    data = None if any(word.startswith("data.path=") for word in words) else data
    out = place(words, seed, data, root)
    return Task(words, seed, data, out, tuple(asked) or (Question("linear"),))


def place(words: Command, seed: int, data: str | None, root: Path) -> Path:
    """The folder of a run: the same for the same recipe, whichever study asks."""
    changes = {"seed": seed} | ({"data": data} if data else {})
    plan = Plan(words[0], words[1:], changes)
    plan.data()
    return root / f"{words[0]}-{digest(text.dump(plan.draft.dump()))}"


def missing(todo: Sequence[Task]) -> list[Task]:
    """Those of which something is not there yet."""
    return [task for task in todo if not task.done]


def work(todo: Sequence[Task], *, jobs: int) -> Iterator[tuple[Task, str]]:
    """Does what is not done yet, and tells of each task, as it ends, why it failed, or "".

    A run that fails does not keep the others from being made.

    Args:
        todo: what to do.
        jobs: runs at a time, each with its share of the cores; 1 works in this process.

    Raises:
        Interrupted: a signal came; what was being trained is saved.
    """
    left = missing(todo)
    if jobs == 1:
        yield from ((task, _told(_do(task))) for task in left)
        return
    threads = max(1, (os.cpu_count() or 1) // jobs)
    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(_do_apart, task, threads): task for task in left}
        try:
            yield from ((running[each], _told(each.result())) for each in as_completed(running))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _do_apart(task: Task, threads: int) -> str | int:
    """The same in a process of its own: the system may end one, and the others go on."""
    context = get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    process = context.Process(target=_tell, args=(tell, task, threads))
    process.start()
    tell.close()
    try:
        outcome: str | int = told.recv()
    except EOFError:
        process.join()
        cause = "; usually memory has run out" if process.exitcode == -signal.SIGKILL else ""
        return f"Its process {ended(process.exitcode or 0)}{cause}."
    process.join()
    return outcome


def _tell(to: "Connection[str | int, Any]", task: Task, threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    to.send(_do(task))


def _do(task: Task) -> str | int:
    """Trains and evaluates; what went wrong, or the signal that came (errors do not travel well)."""
    changes: dict[str, Any] = {"data": task.data} if task.data else {}
    try:
        run = start.pretrain(
            *task.words,
            out=task.out,
            seed=task.seed,
            evaluate=False,
            quiet=True,
            workers=0,
            **changes,
        )
        for sitting in sittings(task.asked) if run else ():
            _sit(task, sitting)
    except Interrupted as stop:
        return stop.exit_code
    except Exception as error:  # whatever it is, it is shown in the table
        return " ".join(str(error).split()) or type(error).__name__
    return ""


def _sit(task: Task, sitting: Sitting) -> None:
    if sitting.words == (TRANSFER,):
        from lookalike.run.judging.transfer import transfer_run

        transfer_run(
            task.out,
            ROOT,
            sets=sitting.sets,
            also=sitting.also,
            download=False,
            seed=0,
            device="auto",
            workers=None,
            console=Console(quiet=True),
        )
        return
    start.evaluate(
        task.out,
        *sitting.words,
        data=sitting.data,
        projection="projection" in task.subjects,
        baselines=not task.subjects <= {"trained", "projection"},
        quiet=True,
    )


def _told(outcome: str | int) -> str:
    if isinstance(outcome, int):
        raise Interrupted(
            "Stopped, and saved.", signal=outcome - 128, do="Type the same command to go on."
        )
    return outcome
