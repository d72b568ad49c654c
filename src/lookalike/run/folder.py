"""A run folder: what lies where, who may write to it, and what ran there."""

import contextlib
import fcntl
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

import lookalike
from lookalike import files
from lookalike.data.sources import Source
from lookalike.errors import StorageError, UsageError
from lookalike.recipe import library, text
from lookalike.recipe.schema import Recipe


class RunFolder:
    """The places in a run folder.

    Args:
        path: of the folder; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recipe = path / "recipe.yaml"
        self.checkpoints = path / "checkpoints"
        self.encoder = path / "encoder"
        self.evaluations = path / "evaluations"
        self.cache = path / "cache"
        self.views = path / "views.png"
        self.reconstructions = path / "reconstructions.png"
        self.data = path / "ledger.json"
        self.environment = path / "environment.json"

    def read_recipe(self) -> Recipe:
        """The recipe of the run.

        Raises:
            UsageError: there is no run here.
        """
        if not self.recipe.exists():
            raise UsageError(
                f"{self.path} is no run folder.",
                why="It has no recipe.yaml.",
                do="Name the folder that `lookalike pretrain` wrote, e.g. runs/simclr-digits.",
            )
        return Recipe.read(library.read_file(self.recipe))

    def begin(self, recipe: Recipe, source: Source) -> None:
        """Writes what a run is made of, or checks that its images are still the same.

        Raises:
            UsageError: the run here saw other images.
        """
        books = {"name": source.name, "fingerprint": source.fingerprint}
        if self.recipe.exists() and self.data.exists():
            before = json.loads(self.data.read_text(encoding="utf-8"))
            if before.get("fingerprint") != source.fingerprint:
                raise UsageError(
                    f"The run in {self.path} saw other images than these.",
                    why=f"It had {before.get('name')}; now there are {source.name}.",
                    do="Bring the images back, or begin a new run: add --out with another folder.",
                )
        # The recipe goes first: with it the folder is a run, and nothing else stands in it without.
        files.write_text(self.recipe, text.dump(recipe.dump()))
        files.write_json(self.data, books | source.ledger.as_dict())
        files.write_json(self.environment, _environment())

    def threads_before(self) -> int | None:
        """How many threads the run had when it was last here; None for a new run."""
        if not self.environment.exists():
            return None
        threads: int | None = json.loads(self.environment.read_text("utf-8")).get("threads")
        return threads

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps a second process out; the lock dies with its process, however that ends.

        A folder that was made for a run which then could not begin is removed again.

        Raises:
            StorageError: the folder cannot be written, or another process works in it.
            UsageError: the folder holds other files.
        """
        new = not self.path.exists()
        self._refuse_other_files()
        with files.storage_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / ".lock").open("a+", encoding="utf-8")
        with lock:
            self._take(lock)
            try:
                yield
            finally:
                if new and not self.recipe.exists():
                    shutil.rmtree(self.path)

    def _refuse_other_files(self) -> None:
        """A run writes README.md and more: it wants a folder of its own."""
        if self.recipe.exists() or not self.path.is_dir():
            return
        names = {entry.name for entry in self.path.iterdir() if not entry.name.startswith(".")}
        others = names - {self.cache.name}
        if others:
            raise UsageError(
                f"{self.path} is no run folder, and it is not empty.",
                why=f"It holds {min(others)!r}.",
                do="Choose another --out.",
            )

    def _take(self, lock: Any) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StorageError(
                f"Another process is working in {self.path}.",
                why=f"It is process {lock.read().strip() or 'unknown'} on this machine.",
                do="Wait for it, stop it, or choose another --out.",
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()


def _environment() -> dict[str, Any]:
    return {
        "lookalike": lookalike.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "command": " ".join(["lookalike", *sys.argv[1:]]),
    }
