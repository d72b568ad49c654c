"""What a study hands to a scheduler, run there by a shell, and what it says about time."""

import subprocess
from pathlib import Path

import pytest

from lookalike.cli.study import command
from lookalike.errors import UsageError
from lookalike.studies import outlook
from lookalike.studies.perform import find, tasks
from lookalike.studies.runs import Task
from lookalike.studies.scheduling import commands, script


@pytest.fixture
def todo(tmp_path: Path) -> list[Task]:
    return tasks(find("simclr-heads", "tiny"), seeds=2, data="shapes", root=tmp_path / "a b")


def ran(file: Path, number: str | None) -> subprocess.CompletedProcess[str]:
    """A job of the array, where a run prints its words instead."""
    (file.parent / "srun").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (file.parent / "srun").chmod(0o755)
    job = {} if number is None else {"SLURM_ARRAY_TASK_ID": number}
    place = {"PATH": f"{file.parent}:/usr/bin:/bin"}
    return subprocess.run(["bash", file], env=place | job, capture_output=True, text=True)


def test_commands_are_those_that_people_type(
    todo: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = commands(todo)
    assert len(lines) == 2 * len(find("simclr-heads", "tiny").runs)
    assert any("--projection" in line for line in lines)
    assert all(line.startswith("lookalike pretrain simclr-cifar10-small") for line in lines)
    monkeypatch.setattr(Task, "done", property(lambda task: task.seed == 0))
    assert commands(todo) == [line for line in lines if "--seed 1 " in line]


def test_each_job_of_the_array_is_one_run(todo: list[Task], tmp_path: Path) -> None:
    file = tmp_path / "study.sh"
    file.write_text(script("simclr-heads-tiny", todo))
    assert subprocess.run(["bash", "-n", file]).returncode == 0
    assert f"#SBATCH --array=0-{len(todo) - 1}\n" in file.read_text()
    for number, task in enumerate(todo):
        words = ran(file, str(number)).stdout.splitlines()
        assert words[:2] == ["lookalike", "pretrain"]
        assert words[words.index("--out") + 1] == str(task.out)
        assert words[words.index("--seed") + 1] == str(task.seed)
        assert words.count("lookalike") == len(task.commands)
        assert "evaluate" in words
    assert ran(file, str(len(todo))).returncode == 2
    assert "comes from sbatch" in ran(file, None).stderr


def test_a_job_whose_training_fails_is_not_evaluated(todo: list[Task], tmp_path: Path) -> None:
    file = tmp_path / "study.sh"
    file.write_text(script("x", todo).replace("srun lookalike pretrain", "false", 1))
    found = ran(file, "0")
    assert found.returncode == 1
    assert not found.stdout


def test_the_command_writes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "study.sh"
    command("mae-mask-ratio", scale="paper", data="shapes", runs=tmp_path / "runs", slurm=file)
    assert capsys.readouterr().out == f"sbatch {file}\n"
    assert "mae-imagenet-800" in file.read_text()
    assert not (tmp_path / "runs").exists()


def test_where_all_is_done_there_is_nothing_to_submit() -> None:
    for write in (commands, lambda todo: script("x", todo)):
        with pytest.raises(UsageError, match="All 0 runs"):
            write([])


def test_times_are_told_roughly(todo: list[Task]) -> None:
    told = outlook.before(todo, jobs=1)
    assert told == f"{len(todo)} runs, {len(todo)} of them to be made: " + (
        "after the first it is told how long that takes"
    )
    assert outlook.remaining(600.0, 2, 6) == "; about 30 min left"
    assert outlook.remaining(600.0, 0, 6) == outlook.remaining(600.0, 2, 0) == ""
    assert [outlook.spoken(each) for each in (42, 91, 5300, 7200)] == [
        "42 s",
        "2 min",
        "88 min",
        "2.0 h",
    ]
