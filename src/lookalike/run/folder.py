"""A run folder: what lies where, and what ran there."""

import contextlib
import hashlib
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
from lookalike import files, lock, text
from lookalike.data.sources import Source
from lookalike.errors import StorageError, UsageError
from lookalike.recipe import library
from lookalike.recipe.schema import Recipe
from lookalike.run.training.code import code_of


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
        self.neighbours = path / "neighbours.png"
        self.map = path / "map.png"
        self.sampled_map = path / "map-sample.html"
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
        """Writes what a run is made of."""
        books = {"name": source.name, "fingerprint": source.fingerprint}
        # The recipe goes first: with it the folder is a run, and nothing else stands in it without.
        files.write_text(self.recipe, text.dump(recipe.dump()))
        files.write_json(self.data, books | source.ledger.as_dict())
        files.write_json(self.environment, _environment() | {"code": code_of(recipe)})

    def about(self) -> dict[str, str]:
        """Which run this is, for its checkpoints: short hashes by name; nothing before it began."""
        if not self.environment.exists():
            return {}
        code = json.dumps(_facts(self.environment).get("code"), sort_keys=True)
        data = str(_facts(self.data).get("fingerprint"))
        recipe = text.dump(self.read_recipe().lasting().dump())
        return {"recipe": _hash(recipe), "data": data, "code": _hash(code)}

    def threads_before(self) -> int | None:
        """How many threads the run had when it was last here; None for a new run."""
        if not self.environment.exists():
            return None
        threads: int | None = _facts(self.environment).get("threads")
        return threads

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps a second process out, and removes what one that was killed left unfinished.

        A folder that was made for a run which then could not begin is removed again.

        Raises:
            StorageError: the folder cannot be written, or another process works in it.
            UsageError: the folder holds other files.
        """
        new = not self.path.exists()
        self._refuse_other_files()
        with lock.locked(self.path):
            with files.storage_errors(self.path):
                for place in (self.path, self.cache, self.evaluations):
                    files.sweep(place)
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


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _facts(path: Path) -> dict[str, Any]:
    """What a JSON file of the run says.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        facts = files.read_json(path)
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be read.", why=f"Reason: {error}.") from error
    if not isinstance(facts, dict):
        raise StorageError(f"{path} does not hold what a run writes there.")
    return facts


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
