"""Weights & Biases and MLflow: packages that are used, and places that are written to, only if asked.

The run's number there is kept in `tracking.json`, so that a training that goes on continues it. What
was told before is not told again.
"""

import os
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from lookalike import files
from lookalike.training.copying import Rows

KEPT = "tracking.json"


class Tracked(NamedTuple):
    """A run, as trackers are told of it."""

    folder: Path
    name: str
    facts: Mapping[str, Any]  # its recipe, by dotted names


class Tracker(Protocol):
    """Takes the rows of a run, and continues what it has of it."""

    def __call__(self, rows: Rows, run: Tracked) -> None: ...


def to_wandb(rows: Rows, run: Tracked) -> None:
    """A run of Weights & Biases in the project WANDB_PROJECT, or "lookalike".

    Its own variables (WANDB_MODE=offline, WANDB_API_KEY, …) hold. A step that it has is left as it is.
    """
    import wandb

    number = _kept(run.folder, "wandb") or _keep(run.folder, "wandb", uuid.uuid4().hex[:12])
    there = wandb.init(
        project=os.environ.get("WANDB_PROJECT", "lookalike"),
        id=number,
        name=run.name,
        resume="allow",
        dir=str(run.folder),
        config=dict(run.facts),
        settings=wandb.Settings(console="off", silent=True),
    )
    for update, numbers in rows:
        if update >= there.starting_step:
            there.log(numbers, step=update)
    there.finish()


def to_mlflow(rows: Rows, run: Tracked) -> None:
    """A run of MLflow in the experiment MLFLOW_EXPERIMENT_NAME, or "lookalike".

    It goes where MLFLOW_TRACKING_URI says.
    """
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param

    client = MlflowClient()
    number = _kept(run.folder, "mlflow")
    if number:
        client.update_run(number, "RUNNING")
    else:
        title = os.environ.get("MLFLOW_EXPERIMENT_NAME", "lookalike")
        found = client.get_experiment_by_name(title)
        place = found.experiment_id if found else client.create_experiment(title)
        number = client.create_run(place, run_name=run.name).info.run_id
        _keep(run.folder, "mlflow", number)
        params = [Param(name, str(value)) for name, value in run.facts.items()]
        for first in range(0, len(params), 100):  # as many as it takes at once
            client.log_batch(number, params=params[first : first + 100])
    told = max((each.step for each in client.get_metric_history(number, "loss")), default=-1)
    for update, numbers in rows:
        if update > told:
            now = int(1000 * time.time())
            metrics = [Metric(name, value, now, update) for name, value in numbers.items()]
            client.log_batch(number, metrics=metrics)
    client.set_terminated(number)


TRACKERS: dict[str, tuple[str, Tracker]] = {
    "wandb": ("Weights & Biases", to_wandb),
    "mlflow": ("MLflow", to_mlflow),
}
"""Names and adapters by the words of `--track`, which are packages and extras, too."""


def _kept(folder: Path, tracker: str) -> str | None:
    """The run's number there, if it has one."""
    if not (folder / KEPT).exists():
        return None
    number: str | None = files.read_json(folder / KEPT).get(tracker)
    return number


def _keep(folder: Path, tracker: str, number: str) -> str:
    before = files.read_json(folder / KEPT) if (folder / KEPT).exists() else {}
    files.write_json(folder / KEPT, before | {tracker: number})
    return number
