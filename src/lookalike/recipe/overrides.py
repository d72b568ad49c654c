"""One recipe from several layers: a file or preset, options, `KEY=VALUE` overrides.

The command line's `method.temperature=0.2` and Python's `method={"temperature": 0.2}` become the same
nested mapping, and every layer is laid over the values below it before anything is checked, so a
change never loses the numbers beside it.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from pathlib import PurePath
from typing import Any, NamedTuple

from lookalike import text
from lookalike.errors import UsageError, short
from lookalike.recipe import sections, views
from lookalike.recipe.problems import RecipeError
from lookalike.recipe.schema import Recipe


class Layer(NamedTuple):
    """Some values of a recipe and where they come from."""

    origin: str  # for people, e.g. "the file mine.yaml"
    mapping: Mapping[str, Any]


def resolve(parts: Iterable[Layer]) -> Recipe:
    """The recipe that layers make together, later ones laid over earlier ones.

    Raises:
        RecipeError: what is wrong, and in which layer it stands.
    """
    parts = tuple(parts)
    try:
        return Recipe.read(reduce(overlay, (layer.mapping for layer in parts), {}))
    except RecipeError as error:
        error.why = error.why or _standing(error.path, parts)
        raise


def overlay(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`change` laid over `base`, each section in its own way; shorthand is written out."""
    result = dict(base)
    for key, value in change.items():
        if key == "views":
            result[key] = views.combined(base.get(key), value)
        elif key in sections.SECTIONS:
            result[key] = _named(key, base.get(key), value)
        elif key == "data" and isinstance(value, str | PurePath):
            result[key] = views.merged(base.get(key), {"path": str(value)})
        elif key == "rate":
            result[key] = value  # {constant: 0.1} replaces {per_256: 0.3}
        else:
            result[key] = views.merged(base.get(key), value)
    return result


def layers(words: Iterable[str], changes: Mapping[str, Any]) -> list[Layer]:
    """One layer for each change.

    Args:
        words: of the form `KEY=VALUE`, keys dotted, values written as in YAML.
        changes: nested values.

    Raises:
        UsageError: a word has another form, or a key is given twice.
    """
    found = [Layer(f"the argument {key}", {key: value}) for key, value in changes.items()]
    seen = set(changes)
    for word in words:
        key, _, value = word.partition("=")
        if not key or not value:
            raise UsageError(
                f"{short(word)} is not of the form KEY=VALUE.",
                do="Write it without spaces, method.temperature=0.2, or in quotes: "
                "'duration=20 epochs'.\nNothing is views.blur=null, and images are --data PATH.",
            )
        if key in seen:
            raise UsageError(f"{short(key)} is given twice.", do="Keep one of the two.")
        if key.count(".") > text.DEEPEST:
            raise UsageError(f"{short(key)} has more parts than any name of a recipe.")
        seen.add(key)
        found.append(Layer(f"the override {short(word)}", _nested(key, text.load(value, word))))
    return found


def _nested(key: str, value: Any) -> dict[str, Any]:
    """{"method": {"temperature": 0.2}} for "method.temperature"."""
    first, _, rest = key.partition(".")
    return {first: _nested(rest, value) if rest else value}


def _named(section: str, base: Any, change: Any) -> Any:
    """A section under a new name starts afresh where the new thing takes other arguments."""
    if isinstance(change, str):
        change = {"name": change}
    if not isinstance(base, Mapping) or not isinstance(change, Mapping):
        return change
    name = change.get("name", base.get("name"))
    same = sections.target(section, base.get("name")) == sections.target(section, name)
    return {**base, **change} if same else dict(change)


def _standing(path: str, parts: tuple[Layer, ...]) -> str:
    """The sentence that says which layer holds a dotted name; empty if none does."""
    keys = path.split(".")
    every_view = [key for key in keys if not key.isdecimal()]
    for layer in reversed(parts):
        if any(_holds(layer.mapping, tuple(way)) for way in (keys, every_view, keys[:1])):
            return f"It stands in {layer.origin}."
    return ""


def _holds(mapping: Any, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if not isinstance(mapping, Mapping) or key not in mapping:
            return False
        mapping = mapping[key]
    return True
