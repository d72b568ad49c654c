"""YAML as recipes use it: plain values, decimal numbers (`1e-6` is one), and no key stands twice."""

import copy
import functools
import re
from typing import Any

import yaml

from lookalike.errors import UsageError, short

LONGEST = 100_000
"""Characters of a text, and values in it with every alias written out: a recipe has hundreds."""

DEEPEST = 20
"""Lists in lists and mappings in mappings: a recipe has five."""

_TAG = "tag:yaml.org,2002:"
_PLAIN = ("null", "bool", "int", "float", "str", "seq", "map")
_NUMBERS = {
    "int": r"[-+]?(0|[1-9][0-9_]*)$",
    "float": r"([-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$",
}


class _Loader(yaml.SafeLoader):
    """YAML of plain values: times, dates and numbers of base 8, 16 or 60 are words.

    The last of two equal keys does not win in silence.
    """

    yaml_constructors = {  # noqa: RUF012 - as the library keeps them
        tag: make
        for tag, make in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.removeprefix(_TAG) in _PLAIN
    }
    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [pair for pair in pairs if pair[0].removeprefix(_TAG) in ("bool", "merge", "null")]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml.YAMLError("Its values are nested too deeply")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        if re.search("[\0-\x08\x0e-\x1f\x7f\ud800-\udfff]", str(node.value)):  # from "\0"
            raise yaml.MarkedYAMLError(
                problem="A text holds what is no character", problem_mark=node.start_mark
            )
        return super().construct_scalar(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value} stands here twice", problem_mark=key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Quotes the texts that `_Loader`, or any other reader, would take for numbers."""


for _name, _pattern in _NUMBERS.items():
    for _kind in (_Loader, _Dumper):
        _kind.add_implicit_resolver(
            _TAG + _name, re.compile(_pattern, re.ASCII), list("-+.0123456789")
        )


def load(text: str, where: str) -> Any:
    """The plain values of a YAML text.

    Args:
        text: the YAML.
        where: what it is, for the message.

    Raises:
        UsageError: it is no YAML, or longer or deeper than any recipe.
    """
    return copy.deepcopy(_load(text, where))


@functools.lru_cache(maxsize=64)  # a run's recipe is asked for again and again
def _load(text: str, where: str) -> Any:
    if len(text) > LONGEST:
        raise _too_much(where, f"It has {len(text):,} characters.")
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None and _count(node, {}) > LONGEST:
            raise _too_much(where, "Its aliases (&name, *name) stand for too many values.")
        return None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        problem = str(problem or error)
        line = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise UsageError(
            f"{short(where)} cannot be read as YAML{line}.",
            why=f"{problem}.",
            do="Indent with spaces, not with tabs." if "\\t" in problem else "",
        ) from error
    except RecursionError:  # an alias stands within what it names
        raise _too_much(where, "Its aliases (&name, *name) go round in circles.") from None
    except (ValueError, KeyError) as error:  # such as !!int x
        raise UsageError(f"{short(where)} cannot be read as YAML.", why=f"{error}.") from error


def dump(mapping: dict[str, Any]) -> str:
    """Plain values as YAML, in their order; short lists stay on their line."""
    return yaml.dump(
        mapping, Dumper=_Dumper, sort_keys=False, default_flow_style=None, allow_unicode=True
    )


def _count(node: yaml.Node, known: dict[int, int]) -> int:
    """The values in a node, with every alias written out; RecursionError for one within itself."""
    if id(node) in known:
        return known[id(node)]
    children: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        children = node.value
    elif isinstance(node, yaml.MappingNode):
        children = [each for pair in node.value for each in pair]
    known[id(node)] = 1 + sum(_count(child, known) for child in children)
    return known[id(node)]


def _too_much(where: str, why: str) -> UsageError:
    return UsageError(f"{short(where)} is no recipe.", why=why)
