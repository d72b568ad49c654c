"""Short pretrainings in processes of their own, which the tests end at any moment.

Importing torch takes seconds and a trial one, so one process imports everything and forks each trial:
run as a program, this file takes orders as lines of JSON. What a trial runs is the command line.
"""

import contextlib
import functools
import gc
import hashlib
import importlib
import itertools
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import yaml

RESNET = {"name": "resnet8"}
"""78,000 parameters."""

VIT = {"name": "test_vit", "patch": 2, "depth": 2}
"""Two blocks of width 64 on sixteen patches."""

METHODS: dict[str, dict[str, Any]] = {
    "simclr": {"method": {"name": "simclr"}, "encoder": RESNET},
    "supcon": {"method": {"name": "supcon"}, "encoder": RESNET},
    "byol": {"method": {"name": "byol", "hidden": 64, "outputs": 32}, "encoder": RESNET},
    "mae": {
        "method": {"name": "mae", "decoder_width": 32, "decoder_depth": 1, "decoder_heads": 2},
        "encoder": VIT,
        "views": "mae-digits",
        "optimizer": {"name": "adamw"},
        "rate": {"constant": 1e-3},
    },
}
"""What differs between the methods: 256 images, 40 updates of 32."""

RECIPE = {
    "name": "trial",
    "views": "simclr-digits",
    "data": {"path": "digits", "limit": 256},
    "batch": 32,
    "duration": "5 epochs",
    "optimizer": {"name": "sgd"},
    "rate": {"constant": 0.01},
    "warmup": "1 epoch",
    "watch": "2 epochs",
    "precision": "float32",
}
UPDATES = 40
SECONDS = 300
"""No trial that is left alone takes this long; one that hangs ends, and prints where it was."""

PHASES = {
    "reading the index": ("lookalike.run.training.pretraining:open_images", 1),
    "drawing what it will see": ("lookalike.gallery.sheet:draw_sheet", 1),
    "waiting for the first batch": ("lookalike.data.loading:_FromMemory._render", 1),
    "between forward and backward": ("lookalike.training.loop:_of_all", 11),
    "between pieces": ("lookalike.training.large_batch:_pull_piece", 30),
    "watching": ("lookalike.evaluation.unlabelled.spectrum:describe", 1),
    "writing a checkpoint": ("lookalike.training.manifest:write", 3),
    "the last update": ("lookalike.training.loop:_of_all", UPDATES),
    "evaluating": ("lookalike.run.judging.evaluation:Sitting.answer", 3),
    "decoding photos": ("lookalike.training.loop:_of_all", 12),
}
"""Where a trial can be told to announce itself: a function, and which of its calls."""

NEEDED = {
    *(place.partition(":")[0] for place, _ in PHASES.values()),
    "lookalike.cli.app",
    "lookalike.start.pretraining",
    "lookalike.run.training.pretraining",
    "scipy.optimize",
    "sklearn.datasets",
}
"""Modules that the forks need, imported once."""


class Trial:
    """A pretraining that is running.

    Args:
        nursery: its parent.
        pid: of its process.
        out: its run folder.
    """

    def __init__(self, nursery: "Nursery", pid: int, out: Path) -> None:
        self._nursery, self.pid, self._out = nursery, pid, out

    def wait(self, seconds: float = SECONDS) -> int | None:
        """The exit code (minus the signal that ended it), or None if it still runs by then."""
        code: int | None = self._nursery.ask(wait=self.pid, seconds=seconds)
        return code

    def finish(self) -> None:
        """Waits until it has ended, which must be well."""
        assert self.wait() == 0, self.words

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    @property
    def words(self) -> str:
        """What it printed, and the runs before it."""
        return beside(self._out, "txt").read_text(encoding="utf-8")


class Nursery:
    """The process that has imported everything and forks trials."""

    def __init__(self) -> None:
        places = [str(Path(__file__).parents[1]), *os.environ.get("PYTHONPATH", "").split(":")]
        path = ":".join(filter(None, places))
        environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "reliability.trial"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            process_group=0,
        )
        assert self._process.stdout is not None
        assert json.loads(self._process.stdout.readline()) == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever still holds its output half a minute later, such as a trial, is left over."""
        try:
            self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"left over: {_group(self._process.pid)}") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def start(
        self,
        out: Path,
        *,
        of: str = "simclr",
        workers: int = 0,
        phase: str = "",
        environment: dict[str, str] | None = None,
        **changes: Any,
    ) -> Trial:
        """Begins a trial, or goes on with it.

        Args:
            out: the run folder; the trial's words and its recipe are written beside it.
            of: the method's name.
            workers: processes that decode photos.
            phase: of PHASES; there it writes `beside(out, "phase")` and lingers.
            environment: variables of its own.
            changes: of the recipe.
        """
        order = {"recipe": RECIPE | METHODS[of] | changes, "workers": workers, "phase": phase}
        pid = self.ask(start=str(out), environment=environment or {}, **order)
        return Trial(self, pid, out)

    def start_together(self, out: Path, phase: str = "", **changes: Any) -> list[Trial]:
        """Two processes that train as one; the second one announces the phase."""
        common = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
        common |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
        return [
            self.start(
                out,
                phase=phase if rank else "",
                environment=common | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
                **changes,
            )
            for rank in range(2)
        ]

    def ask(self, **order: Any) -> Any:
        """One order, one answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


def _group(leader: int) -> list[str]:
    """Who is in a group of processes, by number and command line."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            if os.getpgid(int(place.name)) == leader:
                found.append(f"{place.name}: {(place / 'cmdline').read_text()}")
    return found


_PORTS = itertools.count(20_000 + 10 * (os.getpid() % 1000))


def _free_port() -> int:
    """A port that no other test gets, nor this one twice: from 32,768 on the system gives them to
    any connection, and one that was just left may not be free yet."""
    for port in _PORTS:
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("", port))
            return port
    raise AssertionError


def changes(name: str, photos: Path) -> dict[str, Any]:
    """What `Nursery.start` is given for a method, or for "photos": SimCLR with two workers."""
    if name != "photos":
        return {"of": name}
    views = {"preset": "simclr-cifar", "size": 8}
    return {"views": views, "data": {"path": str(photos)}, "workers": 2}


def beside(out: Path, ending: str) -> Path:
    """A file of the trial that is not of the run."""
    return out.with_name(f"{out.name}.{ending}")


def final_state(out: Path) -> str:
    """The SHA-256 of everything the finished run would go on with: weights, target, optimizer."""
    newest = max((out / "checkpoints").iterdir(), key=lambda path: path.name)
    assert newest.name == f"{UPDATES:08d}"
    return hashlib.sha256((newest / "state.safetensors").read_bytes()).hexdigest()


def wait_for(condition: Path) -> None:
    """Until a file is there and holds something."""
    deadline = time.monotonic() + SECONDS
    while not (condition.exists() and condition.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def main() -> None:
    """Takes orders until there are no more."""
    from multiprocessing import forkserver

    import torch

    for module in NEEDED:
        importlib.import_module(module)
    torch.set_num_threads(1)
    forkserver.set_forkserver_preload(["lookalike.data.server", "lookalike.data.workers"])
    _serve()
    gc.freeze()  # or each fork's first collection copies all of it
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer = _fork(order) if "start" in order else _wait(order["wait"], order["seconds"])
        print(json.dumps(answer), flush=True)


def _serve() -> None:
    """Has a server of workers that answers: a trial killed while it asks for one ends the server."""
    from multiprocessing import forkserver, get_context

    while True:
        forkserver.ensure_running()
        with contextlib.suppress(EOFError, OSError):
            process = get_context("forkserver").Process(target=str)
            process.start()
            return process.join()
        time.sleep(0.01)


def _fork(order: dict[str, Any]) -> int:
    if order["workers"]:
        _serve()
    pid = os.fork()
    if pid == 0:
        out = Path(order["start"])
        os.dup2(os.open(os.devnull, os.O_RDWR), sys.stdin.fileno())
        words = os.open(beside(out, "txt"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(words, sys.stdout.fileno())
        os.dup2(words, sys.stderr.fileno())
        os.environ.update(order["environment"])
        code = _train(out, order["recipe"], order["workers"], order["phase"])
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return pid


def _train(out: Path, recipe: dict[str, Any], workers: int, phase: str) -> int:
    """Saves some ten times a second; returns the exit code of the command."""
    import faulthandler
    from multiprocessing import forkserver

    from lookalike import files
    from lookalike.cli import app
    from lookalike.export import encoder_folder
    from lookalike.run.finding import map as mapping
    from lookalike.run.training import learning

    faulthandler.dump_traceback_later(0.9 * SECONDS, exit=True)
    # To compile the encoder takes longer than to train it, and to draw its map nearly as long.
    encoder_folder.program = lambda *_: b"compiled"  # type: ignore[assignment]
    mapping.write_drawing = lambda *_: None  # type: ignore[assignment]
    # The server of workers is the nursery's child, and nobody else may ask how it does.
    server: Any = forkserver
    server.ensure_running = server._forkserver.ensure_running = lambda: None
    learning.SECONDS_BETWEEN_SAVES = 0.1
    if phase:
        _announce(*PHASES[phase], beside(out, "phase"))
    # Whole at any moment: the other process of two that train as one may be reading it.
    files.write_text(beside(out, "yaml"), yaml.safe_dump(recipe))
    words = [str(beside(out, "yaml")), "--out", str(out), "--workers", str(workers)]
    try:
        return app.run(["pretrain", *words, "--device", "cpu"])
    except BaseException:  # the fork must not go on with its parent's loop
        traceback.print_exc()
        return 1


def _announce(place: str, call: int, path: Path) -> None:
    """Has a function say, in its n-th call, that it has been reached."""
    module, _, names = place.partition(":")
    *owners, name = names.split(".")
    owner = pkgutil.resolve_name(f"{module}:{'.'.join(owners)}" if owners else module)
    real: Callable[..., Any] = getattr(owner, name)
    calls = []

    @functools.wraps(real)
    def announcing(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == call:
            path.write_text(place, encoding="utf-8")
            time.sleep(0.3)
        return real(*arguments, **named)

    setattr(owner, name, announcing)


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
