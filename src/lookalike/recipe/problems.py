"""What is wrong with a recipe: the full dotted name, the nearest right one, the allowed values."""

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lookalike.errors import UsageError, did_you_mean, short

M = TypeVar("M", bound=BaseModel)

ELSEWHERE = {
    "arch": "encoder=resnet50",
    "backbone": "encoder=resnet50",
    "batch_size": "--batch 256",
    "bs": "--batch 256",
    "config": "the recipe's file in place of the method: lookalike pretrain FILE.yaml",
    "dataset": "--data FOLDER",
    "epoch": 'duration="100 epochs"',
    "epochs": 'duration="100 epochs"',
    "gpus": "torchrun --nproc-per-node=2 -m lookalike pretrain … (2 is the number of GPUs)",
    "image_size": "views.size=96",
    "img_size": "views.size=96",
    "learning_rate": 'rate="{per_256: 0.3}", which is times batch / 256, or rate="{constant: 0.1}"',
    "lr": 'rate="{per_256: 0.3}", which is times batch / 256, or rate="{constant: 0.1}"',
    "max_epochs": 'duration="100 epochs"',
    "model": "encoder=resnet50",
    "momentum": "optimizer.momentum=0.9",
    "num_workers": "--workers 4",
    "output": "--out FOLDER",
    "output_dir": "--out FOLDER",
    "pretrained": "encoder.weights=true",
    "resume": "the same command again, or the run folder: lookalike pretrain runs/NAME",
    "save_dir": "--out FOLDER",
    "steps": 'duration="20000 steps"',
    "temp": "method.temperature=0.2",
    "temperature": "method.temperature=0.2",
    "wd": "optimizer.weight_decay=1e-4",
    "weight_decay": "optimizer.weight_decay=1e-4",
}
"""What other programs call it → what to write here."""


class RecipeError(UsageError):
    """A recipe names something unknown, or gives a value that cannot be.

    Args:
        path: the full dotted name, e.g. "views.1.blur.sigma".
        what: one sentence.
        why: where it stands (`overrides.resolve` fills it in).
        do: what to write instead.
    """

    def __init__(self, path: str, what: str, *, why: str = "", do: str = "") -> None:
        super().__init__(what, why=why, do=do)
        self.path = path


def cannot(path: str, value: object, *, do: str) -> RecipeError:
    """The error for a value that a name cannot have."""
    return RecipeError(path, f"{short(path)} cannot be {short(value)}.", do=do)


def unknown(path: str, value: str, choices: Iterable[str]) -> RecipeError:
    """The error for a name that is not in its table, e.g. encoder.name=resnt20."""
    return RecipeError(path, f"There is no {path}={short(value)}.", do=did_you_mean(value, choices))


def unknown_key(path: str, known: Iterable[str]) -> RecipeError:
    """The error for a key that recipes do not have, with the nearest that they have."""
    return RecipeError(path, f"A recipe like this has no {short(path)}.", do=nearest(path, known))


def nearest(path: str, known: Iterable[str]) -> str:
    """A sentence that offers the dotted name meant by `path`, its section forgotten or misspelt."""
    names = list(known)
    whole = ".".join(part for part in path.split(".") if not part.isdecimal())
    section, _, leaf = whole.rpartition(".")
    same = [name for name in names if name.rpartition(".")[2] == leaf]
    beside = {name.rpartition(".")[2]: name for name in names if name.rpartition(".")[0] == section}
    if not same and leaf in ELSEWHERE:
        return f"Write instead: {ELSEWHERE[leaf]}"
    near = same or [beside[word] for word in get_close_matches(leaf, beside)]
    near = near or get_close_matches(whole, names, n=1)
    if not near:
        first = [name for name in names if "." not in name]
        return did_you_mean(whole, beside.values() or first or names)
    return f"Did you mean {' or '.join(map(repr, near))}?"


def validated(model: type[M], mapping: Mapping[str, Any], known: Iterable[str], at: str = "") -> M:
    """`mapping` as a `model`.

    It is read as JSON, strictly: a list is a tuple and a mapping a dataclass, but "0.2" is no number
    and true is not 1.

    Args:
        model: what to build.
        mapping: plain values.
        known: every dotted name there is, for hints.
        at: dotted name of the mapping itself.

    Raises:
        RecipeError: with the full dotted name of what is wrong.
    """
    text = json.dumps(mapping, default=plain)
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise _problem(error, json.loads(text), known, at) from error


def plain(value: Any) -> Any:
    """What JSON does not know, in plain values: paths, dates, policies."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)


_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")


def _problem(error: ValidationError, mapping: Any, known: Iterable[str], at: str) -> RecipeError:
    first = _first(error.errors(include_url=False))
    loc = _loc(first, mapping)
    path = ".".join(map(str, (at, *loc) if at else loc))
    if first["type"] in _UNKNOWN:
        return unknown_key(path, known)
    if first["type"] == "missing" and isinstance(first["input"], dict):
        return RecipeError(path, f"{path} is missing.", do="Every recipe must say it.")
    return cannot(path, json.dumps(first["input"], default=str), do=_expected(first))


def _expected(error: ErrorDetails) -> str:
    """What the value should be, from pydantic's message."""
    choices = error.get("ctx", {}).get("expected")
    if error["type"] == "literal_error" and isinstance(error["input"], str) and choices:
        names = choices.replace(" or ", ", ").split(", ")
        return did_you_mean(error["input"], [name.strip("'") for name in names])
    if error["type"] == "missing":
        return "It should have more values."
    words = error["msg"].removeprefix("Value error, ").replace("Input should", "It should")
    return f"{words.removesuffix('.')}.{_number_meant(error['input'])}"


def _number_meant(written: Any) -> str:
    """A sentence for numbers as they are written elsewhere: 0,5 and 50%."""
    found = re.fullmatch(r"(\d{1,9})(?:[.,](\d{1,9}))?( ?%)?", str(written))
    if not found or not isinstance(written, str):
        return ""
    value = float(f"{found[1]}.{found[2] or 0}") / (100 if found[3] else 1)
    return f" Did you mean {value:g}?"


def _first(errors: list[ErrorDetails]) -> ErrorDetails:
    """The first error of the likeliest alternative: Crop | Fit reports what both of them lack."""
    names = [tuple(part for part in e["loc"] if str(part)[:1].isupper()) for e in errors]
    fewest = min(Counter(names).items(), key=lambda item: item[1])[0]
    likeliest = [error for error, name in zip(errors, names, strict=True) if name == fewest]
    # A key is missing because it is misspelt, and that is what must be told.
    return min(likeliest, key=lambda error: error["type"] not in _UNKNOWN)


def _loc(error: ErrorDetails, mapping: Any) -> list[str | int]:
    """Where the error lies in `mapping`: pydantic also names the alternative of a union it tried."""
    kept: list[str | int] = []
    for part in error["loc"]:
        try:
            mapping = mapping[part]
        except (KeyError, IndexError, TypeError):
            last = part == error["loc"][-1]
            if not (last and error["type"] == "missing" and isinstance(mapping, dict)):
                continue
        kept.append(part)
    return kept
