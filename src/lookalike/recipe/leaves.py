"""The leaves of nested values under dotted names, as the command line writes them."""

from collections.abc import Iterator
from typing import Any


def leaves(tree: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Pairs like ("views.0.jitter.hue", 0.1); a list of plain values is one leaf."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(tree, dict):
        pairs = list(tree.items())
    elif isinstance(tree, list) and any(isinstance(item, dict | list) for item in tree):
        pairs = list(enumerate(tree))
    if not pairs:
        yield prefix, tree
    for key, value in pairs:
        yield from leaves(value, f"{prefix}.{key}" if prefix else str(key))
