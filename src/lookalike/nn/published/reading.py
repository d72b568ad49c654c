"""The tensors in a checkpoint's file, read without running anything that the file says."""

import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor

from lookalike.errors import StorageError, UsageError, short
from lookalike.files import nearby

_DEPTH = 4  # of dictionaries in dictionaries: optimizer, state, number of the parameter, name

_TENSORS = """\
import torch
content = torch.load({old!r}, map_location="cpu", weights_only=False)
kept = {{key: part for key, part in content.items()
        if isinstance(part, dict) and all(map(torch.is_tensor, part.values()))}}
torch.save(kept, {new!r})"""

_MODULE = """\
import torch
content = torch.load({old!r}, map_location="cpu", weights_only=False)
torch.save(content.state_dict(), {new!r})"""

_HAIKU = """\
import dill, numpy, safetensors.numpy
state = dill.load(open({old!r}, "rb"))["experiment_state"]
kept = {{f"{{part}}/{{name}}": numpy.array(array)
        for tree in (state.online_params, state.online_state)
        for part, arrays in tree.items() for name, array in arrays.items()}}
safetensors.numpy.save_file(kept, {new!r})"""


class Contents(NamedTuple):
    """What stands in a file."""

    tensors: dict[str, Tensor]  # by dotted names, e.g. "model.encoder.conv1.weight"
    others: list[str]  # the file's entries without any tensor, e.g. "epoch"


def read(path: Path) -> Contents:
    """Reads a file of safetensors, or one of `torch.save` as far as it holds plain data.

    Raises:
        StorageError: there is no such file, or it is damaged.
        UsageError: it holds objects, which only a program you trust it with may bring to life, or
            no tensors with names.
    """
    if not path.is_file():
        published = "Give the path of a file, or encoder.weights=true for the published weights."
        raise StorageError(f"There is no file {path}.", do=nearby(str(path)) or published)
    try:
        content = _load(path)
    except UnpicklingError as error:
        refused = re.search(r"GLOBAL (\S+)", str(error))
        raise (_objects(path, refused[1]) if refused else _unreadable(path, error)) from None
    except Exception as error:  # a damaged file can fail anywhere
        raise _unreadable(path, error) from error
    tensors = dict(_flat(content)) if isinstance(content, Mapping) else {}
    if not tensors:
        raise UsageError(
            f"{path} holds no tensors with names.",
            why=f"It is a {type(content).__name__}{_first_keys(content)}.",
            do="Save the state_dict() of a network.",
        )
    others = [str(key) for key, value in content.items() if not _holds_tensors(value)]
    return Contents(tensors, others)


def _load(path: Path) -> Any:
    if path.suffix == ".safetensors":
        return load_file(path)
    with warnings.catch_warnings():  # torch warns of what it then refuses
        warnings.simplefilter("ignore")
        return torch.load(path, map_location="cpu", weights_only=True)


def _flat(
    tree: Mapping[Any, Any], before: str = "", depth: int = 0
) -> Iterator[tuple[str, Tensor]]:
    for key, value in tree.items():
        if isinstance(value, Tensor):
            yield f"{before}{key}", value.detach()
        elif isinstance(value, Mapping) and depth < _DEPTH:
            yield from _flat(value, f"{before}{key}.", depth + 1)


def _holds_tensors(value: Any) -> bool:
    return isinstance(value, Tensor) or (
        isinstance(value, Mapping) and any(True for _ in _flat(value))
    )


def _first_keys(content: Any) -> str:
    keys = [str(key) for key in content][:5] if isinstance(content, Mapping) else []
    return f" of {', '.join(keys)}" if keys else ""


def _objects(path: Path, name: str) -> UsageError:
    package = name.partition(".")[0]
    where = "" if package in sys.stdlib_module_names else f" where {package} is installed"
    new = path.with_name(f"{path.stem}-tensors.pth")
    lines = _MODULE if name.startswith(("torch.nn.", "torchvision.", "timm.")) else _TENSORS
    if path.suffix in (".pkl", ".pickle"):
        lines, new = _HAIKU, new.with_suffix(".safetensors")
        where = " where BYOL's official code runs"
    return UsageError(
        f"{path} is not read, because it holds objects, e.g. {name}.",
        why="Reading objects runs code that the file chooses.",
        do=f"If you trust the file, run this Python{where}, and load {new.name}:\n"
        + lines.format(old=str(path), new=str(new)),
    )


def _unreadable(path: Path, error: Exception) -> StorageError:
    first = short((str(error).splitlines() or [""])[0], 200)
    return StorageError(
        f"{path} is no checkpoint, or it is damaged.",
        why=f"Reading it ended with {type(error).__name__}{f': {first}' if first else ''}.",
        do="Fetch it again, or give a .safetensors file or one that torch.save has written.",
    )
