"""The views of a recipe: a preset's name, a preset with changes, or every number written out."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any, get_args

from lookalike.recipe.problems import RecipeError, cannot, plain, unknown
from lookalike.views.policy import Policy
from lookalike.views.presets import POLICIES

Views = list[dict[str, Any]]


def combined(base: Any, change: Any) -> Any:
    """The views after a change, with every number that the change leaves alone.

    Args:
        base: the views so far, one mapping each; None, or what stands there by mistake.
        change: a preset's name; or a mapping, whose "preset" (if any) replaces `base`, whose "0",
            "1", … change one view, and all of whose other keys change every view; or the views
            themselves, one by one.

    Raises:
        RecipeError: an unknown preset, or a view that is not there.
    """
    if isinstance(change, str):
        return preset(change)
    if isinstance(change, list | tuple):
        given = json.loads(json.dumps(change, default=plain))
        whole = not isinstance(base, list) or len(base) != len(given)
        return given if whole else [_changed(*pair) for pair in zip(base or [], given, strict=True)]
    return _changed_by_name(base, change) if isinstance(change, Mapping) else change


def preset(name: Any) -> Views:
    """The views of a preset, every number written out."""
    if name not in POLICIES:
        raise unknown("views.preset", str(name), POLICIES)
    return [json.loads(json.dumps(asdict(policy))) for policy in POLICIES[name]]


def merged(base: Any, change: Any) -> Any:
    """`change` laid over `base`, key by key and level by level."""
    if not isinstance(base, Mapping) or not isinstance(change, Mapping):
        return change
    return {**base, **{key: merged(base.get(key), value) for key, value in change.items()}}


def names(kind: Any = Policy, prefix: str = "views") -> list[str]:
    """The dotted names of a policy, e.g. "views.jitter.hue"."""
    found = []
    for field in fields(kind):
        path = f"{prefix}.{field.name}"
        found += [path, *(name for part in _kinds(field) for name in names(part, path))]
    return list(dict.fromkeys(found))


def _changed_by_name(base: Any, change: Mapping[Any, Any]) -> list[Any]:
    rest = {str(key): value for key, value in change.items()}
    views = preset(rest.pop("preset")) if "preset" in rest else base
    if not isinstance(views, list | None):
        raise cannot("views", views, do="Give a preset's name, or a list of views.")
    if views is None:
        choose = f"Choose one of: {', '.join(POLICIES)}."
        raise RecipeError("views.preset", "views.preset is missing.", do=choose)
    single = {int(key): rest.pop(key) for key in list(rest) if key.isdecimal()}
    beyond = [i for i in single if i >= len(views)]
    if beyond:
        last = f"Views count from 0 to {len(views) - 1}."
        raise RecipeError(f"views.{beyond[0]}", f"There is no view {beyond[0]}.", do=last)
    every = [_changed(view, rest) for view in views]
    return [_changed(view, single.get(i, {})) for i, view in enumerate(every)]


def _changed(view: Any, change: Any) -> Any:
    """One view after a change. Where a field has several kinds, such as Crop and Fit, keys that
    belong to another kind replace what was there: no number fits both."""
    result = merged(view, change)
    for name, kinds in _KINDS.items():
        new = change.get(name) if isinstance(change, Mapping) else None
        if isinstance(new, Mapping) and not _fits(result[name], kinds) and _fits(new, kinds):
            result[name] = dict(new)
    return result


def _fits(keys: Mapping[Any, Any], kinds: list[Any]) -> bool:
    """Whether one of the kinds knows all of these keys."""
    return any(keys.keys() <= {field.name for field in fields(kind)} for kind in kinds)


def _kinds(field: Any) -> list[Any]:
    return [part for part in (field.type, *get_args(field.type)) if is_dataclass(part)]


_KINDS = {field.name: _kinds(field) for field in fields(Policy) if len(_kinds(field)) > 1}
