"""What `lookalike evaluate` is asked for: names of evaluations, and settings as `knn.k=200`."""

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic import BaseModel, create_model

from lookalike import text
from lookalike.errors import UsageError, did_you_mean, short
from lookalike.evaluation import EVALUATIONS
from lookalike.recipe import bounds
from lookalike.recipe.problems import nearest, validated
from lookalike.recipe.sections import STRICT
from lookalike.recipe.signature import arguments

DEFAULT = ("knn", "linear")

PROBE = "probe"
"""The online linear probe, among the monitors of a recipe."""

_NOT_SETTINGS = ("classes", "seed", "workers")


class Question(NamedTuple):
    """An evaluation and the settings that differ from its defaults."""

    name: str
    settings: dict[str, Any]

    @property
    def title(self) -> str:
        """What tables and files call it: "knn k=200"."""
        return " ".join([self.name, *(f"{key}={value}" for key, value in self.settings.items())])


def read(words: Iterable[str]) -> list[Question]:
    """One question for each evaluation named, in order; without any, those of DEFAULT.

    A setting belongs to the evaluation before its dot, which is thereby asked for, too.

    Args:
        words: "knn", or "knn.k=200" with a value written as in YAML.

    Raises:
        UsageError: no such evaluation or setting, or a value that cannot be.
    """
    asked: dict[str, dict[str, Any]] = {}
    for word in words:
        key, _, value = word.partition("=")
        name, _, setting = key.partition(".")
        if name not in EVALUATIONS:
            what = f"There is no evaluation called {short(name)}."
            raise UsageError(what, do=did_you_mean(name, EVALUATIONS))
        settings = asked.setdefault(name, {})
        if not setting and not value:
            continue
        if not (setting and value):
            raise UsageError(
                f"{short(word)} is not of the form {name}.SETTING=VALUE.", do=_hint(name)
            )
        settings[setting] = text.load(value, word)
    found = asked or {name: {} for name in DEFAULT}
    return [Question(name, _checked(name, settings)) for name, settings in found.items()]


def settings_of(name: str) -> dict[str, Any]:
    """The settings of an evaluation: name → its type, default and documentation."""
    every = arguments(EVALUATIONS[name])
    return {key: argument for key, argument in every.items() if key not in _NOT_SETTINGS}


def _checked(name: str, given: dict[str, Any]) -> dict[str, Any]:
    known = settings_of(name)
    for setting in given:
        if setting not in known:
            hint = nearest(f"{name}.{setting}", [f"{name}.{key}" for key in known])
            what = f"{name} has no setting {short(setting)}."
            raise UsageError(what, do=hint if known else _hint(name))
    read = validated(_model(name), given, [f"{name}.{key}" for key in known], at=name)
    settings = {key: getattr(read, key) for key in given}
    bounds.check((f"{name}.{key}", value) for key, value in settings.items())
    return settings


@functools.cache
def _model(name: str) -> type[BaseModel]:
    fields: dict[str, Any] = {
        key: (a.annotation, a.default) for key, a in settings_of(name).items()
    }
    return create_model(name, __config__=STRICT, **fields)


def _hint(name: str) -> str:
    known = settings_of(name)
    if not known:
        return f"{name} has no settings."
    return "Settings: " + ", ".join(f"{name}.{key}={a.default}" for key, a in known.items()) + "."
