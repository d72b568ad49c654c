"""What `lookalike evaluate` is given: a run, an encoder folder, or an encoder's name."""

from collections.abc import Iterable
from functools import reduce
from pathlib import Path
from typing import Any, Literal

from lookalike.errors import UsageError
from lookalike.files import nearby
from lookalike.recipe import sections
from lookalike.recipe.overrides import layers, overlay


def kind_of(what: str) -> Literal["run", "folder", "name"]:
    """Which of the three it is; whether there is an encoder of that name only timm knows.

    Raises:
        UsageError: it is a path, and neither a run nor an encoder lies there.
    """
    path = Path(what)
    if (path / "recipe.yaml").is_file():
        return "run"
    if (path / "config.json").is_file():
        return "folder"
    near = nearby(what)
    if not (path.exists() or near or len(path.parts) > 1):
        return "name"
    raise UsageError(
        f"{what} is not a run.",
        why="It has no recipe.yaml." if path.is_dir() else "There is no such folder.",
        do=near
        or "Give the folder that `lookalike pretrain` wrote, e.g. runs/simclr-photos."
        + (f"\nImages are given beside it: --data {what}" if path.is_dir() else ""),
    )


def encoder_settings(name: str, words: Iterable[str]) -> dict[str, Any]:
    """The arguments of the encoder of this name, all but its size.

    Args:
        name: of the encoder.
        words: of the form `encoder.KEY=VALUE`.

    Raises:
        UsageError: there is no such setting.
    """
    parts = (layer.mapping for layer in layers(words, {}))
    given = reduce(overlay, parts, {"encoder": {"name": name}})["encoder"]
    return sections.read("encoder", given, sections.names("encoder", name))
