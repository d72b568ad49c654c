"""Weights & Biases and MLflow, whose packages are stood in for where they are not installed."""

import json
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from lookalike.training import copying
from lookalike.training.copying import Copy, Rows
from lookalike.training.trackers import TRACKERS, Tracked, to_mlflow, to_wandb

Steps = dict[int, dict[str, float]]


def train(name: str, folder: Path, updates: range) -> None:
    """Tells a tracker of these updates, as a run does; its rate is the number of the first one."""
    title, adapter = TRACKERS[name]
    run = Tracked(folder, "one", {"method.temperature": 0.1, "data.limit": None})
    copy = Copy(title, partial(adapter, run=run), tell=pytest.fail)
    for update in updates:
        copy.add(update, {"loss": update / 2, "rate": float(updates.start)})
    copy.close()


EXPECTED = {update: {"loss": update / 2, "rate": 0.0 if update < 6 else 3.0} for update in range(8)}
"""Of a run that was killed after six updates, of which three were saved, and went on to eight."""


class Wandb(ModuleType):
    """What is used of wandb: a step is never taken back."""

    Settings = staticmethod(lambda **settings: settings)

    def __init__(self) -> None:
        super().__init__("wandb")
        self.runs: dict[str, Steps] = {}
        self.asked: list[dict[str, Any]] = []
        self.finished = 0

    def init(self, *, id: str, **settings: Any) -> Any:  # noqa: A002 - theirs
        self.asked.append(settings)
        steps = self.runs.setdefault(id, {})

        def log(numbers: dict[str, float], *, step: int) -> None:
            assert step >= len(steps)
            steps[step] = numbers

        return SimpleNamespace(starting_step=len(steps), log=log, finish=self._finish)

    def _finish(self) -> None:
        self.finished += 1


def test_wandb_goes_on_with_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wandb = Wandb()
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    monkeypatch.delenv("WANDB_PROJECT", raising=False)
    train("wandb", tmp_path, range(6))
    monkeypatch.setenv("WANDB_PROJECT", "theirs")
    train("wandb", tmp_path, range(3, 8))
    number = json.loads((tmp_path / "tracking.json").read_text())["wandb"]
    assert wandb.runs == {number: EXPECTED}
    assert [each["project"] for each in wandb.asked] == ["lookalike", "theirs"]
    for each in wandb.asked:
        assert (each["resume"], each["dir"], each["name"]) == ("allow", str(tmp_path), "one")
        assert each["config"] == {"method.temperature": 0.1, "data.limit": None}
    assert wandb.finished == 2
    train("wandb", tmp_path / "other", range(1))
    assert len(wandb.runs) == 2


class Client:
    """What is used of mlflow.MlflowClient; a hundred things are taken at once."""

    def __init__(self, server: dict[str, Any]) -> None:
        self._server = server

    def get_experiment_by_name(self, name: str) -> Any:
        return SimpleNamespace(experiment_id=name) if name in self._server["names"] else None

    def create_experiment(self, name: str) -> str:
        self._server["names"].append(name)
        return name

    def create_run(self, experiment: str, *, run_name: str) -> Any:
        number = f"{experiment}-{run_name}-{len(self._server['runs'])}"
        self._server["runs"][number] = []
        return SimpleNamespace(info=SimpleNamespace(run_id=number))

    def log_batch(self, run: str, *, metrics: Any = (), params: Any = ()) -> None:
        assert len(metrics) + len(params) <= 100
        self._server["runs"][run] += [*metrics]
        self._server["params"] += [*params]

    def get_metric_history(self, run: str, key: str) -> list[Any]:
        return [each for each in self._server["runs"][run] if each.key == key]

    def update_run(self, run: str, status: str) -> None:
        self._server["status"] += [(run, status)]

    def set_terminated(self, run: str) -> None:
        self.update_run(run, "FINISHED")


def test_mlflow_goes_on_with_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server: dict[str, Any] = {"names": [], "runs": {}, "params": [], "status": []}
    mlflow, entities = ModuleType("mlflow"), ModuleType("mlflow.entities")
    mlflow.MlflowClient = lambda: Client(server)  # type: ignore[attr-defined]
    entities.Metric = _metric  # type: ignore[attr-defined]
    entities.Param = lambda key, value: (key, value)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    monkeypatch.setitem(sys.modules, "mlflow.entities", entities)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    train("mlflow", tmp_path, range(6))
    train("mlflow", tmp_path, range(3, 8))
    assert server["names"] == ["lookalike"]
    [(number, metrics)] = server["runs"].items()
    assert steps(metrics) == EXPECTED
    assert len(metrics) == 16
    assert server["params"] == [("method.temperature", "0.1"), ("data.limit", "None")]
    assert server["status"] == [(number, state) for state in ("FINISHED", "RUNNING", "FINISHED")]


def _metric(key: str, value: float, timestamp: int, step: int) -> Any:
    assert timestamp > 10**12  # milliseconds
    return SimpleNamespace(key=key, value=value, step=step)


def steps(metrics: list[Any]) -> Steps:
    found: Steps = {}
    for each in metrics:
        found.setdefault(each.step, {})[each.key] = each.value
    return found


@pytest.mark.skipif(find_spec("mlflow") is None, reason="mlflow is not installed")
@pytest.mark.filterwarnings("ignore")  # its own
def test_mlflow_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setattr(copying, "PATIENCE", 120.0)
    train("mlflow", tmp_path, range(6))
    train("mlflow", tmp_path, range(3, 8))
    number = json.loads((tmp_path / "tracking.json").read_text())["mlflow"]
    client = MlflowClient()
    metrics = [each for key in ("loss", "rate") for each in client.get_metric_history(number, key)]
    assert steps(metrics) == EXPECTED
    assert client.get_run(number).data.params["method.temperature"] == "0.1"
    assert client.get_run(number).info.status == "FINISHED"


@pytest.mark.skipif(find_spec("wandb") is None, reason="wandb is not installed")
@pytest.mark.filterwarnings("ignore")  # its own
def test_wandb_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setattr(copying, "PATIENCE", 120.0)
    train("wandb", tmp_path, range(6))
    number = json.loads((tmp_path / "tracking.json").read_text())["wandb"]
    [kept] = (tmp_path / "wandb").glob(f"offline-run-*-{number}/run-{number}.wandb")
    assert kept.stat().st_size > 0


@pytest.mark.parametrize("tracker", [to_wandb, to_mlflow])
def test_a_package_that_breaks_is_told_once(
    tracker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that is None raises an ImportError."""
    for name in ("wandb", "mlflow"):
        monkeypatch.setitem(sys.modules, name, None)
    told: list[str] = []
    copy = Copy("Theirs", partial(tracker, run=Tracked(tmp_path, "one", {})), tell=told.append)
    copy.close()
    copy.add(0, {"loss": 1.0})
    [sentence] = told
    assert sentence.startswith("Theirs gets no more numbers: import of ")


def test_rows_for_somebody_who_hangs_are_lost_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "WAITING", 3)
    rows = Rows()
    for update in range(5):
        rows.put((update, {}))
    assert not rows.none_waits
    assert [rows._rows.get_nowait() for _ in range(3)] == [(0, {}), (1, {}), (2, {})]
    assert rows.none_waits
