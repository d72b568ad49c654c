"""Short pretrainings in processes of their own, which the tests end at any moment.

Importing torch takes seconds and a trial one, so one process imports everything and forks each trial:
run as a program, this file takes orders as lines of JSON.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

RECIPE = {
    "name": "trial",
    "method": {"name": "simclr"},
    "encoder": {"name": "resnet8"},
    "views": "simclr-digits",
    "data": {"path": "digits", "limit": 512},
    "batch": 64,
    "duration": "6 epochs",
    "optimizer": {"name": "sgd"},
    "rate": {"constant": 0.1},
    "warmup": "1 epoch",
    "watch": "2 epochs",
}


class Trial:
    """A pretraining that is running.

    Args:
        nursery: its parent.
        pid: of its process.
    """

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self._nursery, self.pid = nursery, pid

    def wait(self, seconds: float) -> int | None:
        """The exit code (minus the signal that ended it), or None if it still runs by then."""
        code: int | None = self._nursery.ask(wait=self.pid, seconds=seconds)
        return code

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)


class Nursery:
    """The process that has imported everything and forks trials."""

    def __init__(self) -> None:
        folder = Path(__file__).parents[1]
        environment = os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "reliability.trial"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(self, out: Path, **changes: Any) -> Trial:
        """Begins a trial, or goes on with it."""
        return Trial(self, self.ask(start=str(out), changes=changes))

    def ask(self, **order: Any) -> Any:
        """One order, one answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


def final_state(out: Path) -> bytes:
    """The bytes of everything the finished run would go on with."""
    newest = max((out / "checkpoints").iterdir(), key=lambda path: path.name)
    return (newest / "state.safetensors").read_bytes()


def main() -> None:
    """Takes orders until there are no more."""
    from lookalike.run import pretraining  # noqa: F401 - what the forks need, imported once

    for line in sys.stdin:
        order = json.loads(line)
        answer = _fork(order) if "start" in order else _wait(order["wait"], order["seconds"])
        print(json.dumps(answer), flush=True)


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_RDWR), sys.stdin.fileno())
        os._exit(_train(Path(order["start"]), order["changes"]))
    return pid


def _train(out: Path, changes: dict[str, Any]) -> int:
    """Saves some ten times a second; returns the exit code of the command."""
    from lookalike.errors import LookalikeError
    from lookalike.recipe.overrides import Layer, resolve
    from lookalike.run import pretraining

    pretraining.SECONDS_BETWEEN_SAVES = 0.1
    try:
        pretraining.pretrain(resolve([Layer("trial", RECIPE | changes)]), out)
    except LookalikeError as error:
        return error.exit_code
    return 0


def _wait(pid: int, seconds: float) -> int | None:
    deadline = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            return None
        time.sleep(0.002)


if __name__ == "__main__":
    main()
