"""The sections of a recipe that name a thing and give its arguments: method, encoder, optimizer."""

import functools
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from lookalike.methods import METHODS
from lookalike.recipe.problems import RecipeError, cannot, unknown, validated
from lookalike.recipe.signature import arguments
from lookalike.training import OPTIMIZERS

ENCODER = "lookalike.nn.encoder:Encoder"
"""Every encoder takes the same arguments, whatever its name; the names are timm's and our own, and
are checked when torch is there (`recipe.build`)."""

SECTIONS = ("method", "encoder", "optimizer")

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, protected_namespaces=())

_TABLES = {"method": METHODS, "optimizer": OPTIMIZERS}


def target(section: str, name: Any) -> str | None:
    """Where "package.module:Name" of a section's thing is written, or None for an unknown name."""
    return ENCODER if section == "encoder" else _TABLES[section].get(str(name))


def names(section: str, name: Any) -> list[str]:
    """The dotted names of a section, e.g. "method.temperature"."""
    found = target(section, name)
    return [f"{section}.{key}" for key in ("name", *(arguments(found) if found else ()))]


def read(section: str, given: Any, known: list[str]) -> dict[str, Any]:
    """The section with every argument written out.

    Args:
        section: one of SECTIONS.
        given: {"name": …, and the arguments that differ from their defaults}.
        known: every dotted name of the recipe, for hints.

    Raises:
        RecipeError: an unknown name, an unknown argument or a wrong value.
    """
    if not isinstance(given, Mapping):
        raise cannot(section, given, do="Give a name.")
    if "name" not in given:
        raise RecipeError(f"{section}.name", f"{section}.name is missing.", do="Give a name.")
    if not isinstance(given["name"], str):
        raise cannot(f"{section}.name", given["name"], do="Give a name.")
    found = target(section, given["name"])
    if found is None:
        raise unknown(f"{section}.name", given["name"], _TABLES[section])
    return validated(_model(found), given, known, at=section).model_dump()


@functools.cache
def _model(target: str) -> type[BaseModel]:
    words = arguments(target).items()
    fields: dict[str, Any] = {name: (a.annotation, a.default) for name, a in words}
    return create_model(target, __config__=STRICT, name=(str, ...), **fields)
