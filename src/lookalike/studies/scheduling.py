"""The missing runs of a study for a scheduler: as commands, or as an array of jobs for SLURM."""

from collections.abc import Sequence

from lookalike.errors import UsageError
from lookalike.studies.runs import Task, missing

_HEAD = """\
#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --array=0-{last}
#SBATCH --output=%x-%a.log
#SBATCH --signal=TERM@300
# Add what your cluster wants, e.g.: sbatch --time=24:00:00 --gpus=1 THIS_FILE
# A run that is stopped saves itself, and goes on when the same job is submitted again (--array=7).
# When all are done, the command that wrote this file makes the table, without --slurm.
set -euo pipefail

case "${{SLURM_ARRAY_TASK_ID:?comes from sbatch}}" in
"""

_TAIL = """\
*)
  echo "There is no run $SLURM_ARRAY_TASK_ID in this study." >&2
  exit 2
  ;;
esac
"""


def commands(todo: Sequence[Task]) -> list[str]:
    """What to type for every run that is not done, one line each.

    Raises:
        UsageError: there is nothing to do.
    """
    return [" && ".join(task.commands) for task in _left(todo)]


def script(name: str, todo: Sequence[Task]) -> str:
    """The batch script of all runs that are not done, numbered from 0.

    The commands are steps of the job (`srun`), because SLURM's signal reaches steps only.

    Args:
        name: of the array.
        todo: runs of a study.

    Raises:
        UsageError: there is nothing to do.
    """
    left = _left(todo)
    cases = (_case(number, task) for number, task in enumerate(left))
    return _HEAD.format(name=name, last=len(left) - 1) + "".join(cases) + _TAIL


def _left(todo: Sequence[Task]) -> list[Task]:
    left = missing(todo)
    if not left:
        raise UsageError(
            f"All {len(todo)} runs are done.",
            do="The same command without that option shows the table.",
        )
    return left


def _case(number: int, task: Task) -> str:
    return "".join([f"{number})\n", *(f"  srun {line}\n" for line in task.commands), "  ;;\n"])
