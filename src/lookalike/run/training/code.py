"""The code that decides about the bytes of a run: the sources that training computes with, and the
libraries under them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy
import PIL
import timm
import torch
import torchvision

from lookalike.methods import METHODS
from lookalike.recipe.schema import Recipe

_LIBRARIES = (torch, torchvision, timm, numpy, PIL)
_SOURCES = (
    *("data/*.py", "losses/*.py", "methods/*.py", "nn/**/*.py", "training/*.py", "views/*.py"),
    *("distributed.py", "method.py", "randomness.py"),
    *("recipe/build.py", "recipe/units.py", "run/training/images.py", "run/training/work.py"),
)
_ONLOOKERS = {
    "methods/__init__.py",
    *(f"training/{name}.py" for name in ("events", "monitors", "progress", "room")),
}


def _read() -> dict[str, str]:
    root = Path(__file__).parents[2]
    found = {path.relative_to(root).as_posix() for each in _SOURCES for path in root.glob(each)}
    return {
        name: hashlib.sha256((root / name).read_bytes()).hexdigest()[:16]
        for name in sorted(found - _ONLOOKERS)
    }


_LOADED = _read()
"""Read when imported: the sources may change while a process works, and it goes on with the old."""


def code_of(recipe: Recipe) -> dict[str, str]:
    """Versions of the libraries and hashes of the sources; of the methods only the recipe's."""
    own = METHODS[recipe.method["name"]].partition(":")[0].removeprefix("lookalike.methods.")
    libraries = {library.__name__: str(library.__version__) for library in _LIBRARIES}
    sources = {
        name: digest
        for name, digest in _LOADED.items()
        if not name.startswith("methods/") or name == f"methods/{own}.py"
    }
    return libraries | sources


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What changed, for people: versions, and the names of sources."""
    changed = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    libraries = [name for name in changed if not name.endswith(".py")]
    versions = [f"{name} {before.get(name)} → {now.get(name)}" for name in libraries]
    return [*versions, *sorted(set(changed) - set(libraries))]
