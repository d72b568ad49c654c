"""YAML as recipes use it: safe, `1e-6` is a number, and no key stands twice."""

import re
from typing import Any

import yaml

from lookalike.errors import UsageError


class _Loader(yaml.SafeLoader):
    """Safe YAML that does not let the last of two equal keys win in silence."""

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
    """Quotes the texts that `_Loader` would take for numbers."""


for _kind in (_Loader, _Dumper):
    _kind.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
        list("-+.0123456789"),
    )


def load(text: str, where: str) -> Any:
    """The plain values of a YAML text.

    Args:
        text: the YAML.
        where: what it is, for the message.

    Raises:
        UsageError: it is no YAML.
    """
    try:
        return _Loader(text).get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise UsageError(
            f"{where} cannot be read as YAML{line}.",
            why=f"{getattr(error, 'problem', None) or error}.",
        ) from error


def dump(mapping: dict[str, Any]) -> str:
    """Plain values as YAML, in their order; short lists stay on their line."""
    return yaml.dump(
        mapping, Dumper=_Dumper, sort_keys=False, default_flow_style=None, allow_unicode=True
    )
