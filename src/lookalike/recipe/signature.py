"""Keyword-only arguments, read from the source of a class or function without importing it.

Adding a hyper-parameter to a method is adding an argument: its name, type, default and line of
documentation are all read here. The source is parsed and nothing in it is run, because importing
torch takes seconds and a typo must be answered at once.
"""

import ast
import functools
import importlib.util
import inspect
import re
from pathlib import Path
from typing import Any, Literal, NamedTuple

REQUIRED = ...
"""The default of an argument that has none (pydantic's sign for it)."""

_PLAIN = {"int": int, "float": float, "str": str, "bool": bool}

Definition = ast.ClassDef | ast.FunctionDef


class Argument(NamedTuple):
    """One keyword-only argument."""

    annotation: Any  # a type
    default: Any  # REQUIRED where there is none
    help: str  # its entry under "Args:", on one line


@functools.cache
def arguments(target: str) -> dict[str, Argument]:
    """The keyword-only arguments of a class's `__init__` or of a function.

    Args:
        target: "package.module:Name", as in METHODS and OPTIMIZERS.
    """
    tree, definition = _read(target)
    call = _constructor(definition) if isinstance(definition, ast.ClassDef) else definition
    helps = _helps(definition) | _helps(call)
    return {
        word.arg: Argument(_type(word.annotation, tree), _default(default), helps.get(word.arg, ""))
        for word, default in zip(call.args.kwonlyargs, call.args.kw_defaults, strict=True)
    }


@functools.cache
def table(target: str) -> dict[str, str]:
    """The dictionary "package.module:NAME" of functions: their names and where they are written."""
    module, _, name = target.partition(":")
    written = _value(name, ast.parse(_source(module)))
    if not isinstance(written, ast.Dict):
        raise TypeError(f"{target} is no written-out dictionary.")
    pairs = zip(written.keys, written.values, strict=True)
    return {ast.literal_eval(key): f"{module}:{ast.unparse(value)}" for key, value in pairs if key}


@functools.cache
def summary(target: str) -> str:
    """The first line of the documentation of "package.module:Name"."""
    return (ast.get_docstring(_read(target)[1]) or "").partition("\n")[0]


def _read(target: str) -> tuple[ast.Module, Definition]:
    module, _, name = target.partition(":")
    tree = ast.parse(_source(module))
    return tree, next(n for n in tree.body if isinstance(n, Definition) and n.name == name)


def _constructor(written: ast.ClassDef) -> ast.FunctionDef:
    functions = (node for node in written.body if isinstance(node, ast.FunctionDef))
    return next(function for function in functions if function.name == "__init__")


def _source(module: str) -> str:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"The module {module} has no source.")
    return Path(spec.origin).read_text(encoding="utf-8")


def _type(node: ast.expr | None, tree: ast.Module) -> Any:
    """The type an annotation means: plain types, Literal, tuple, `X | None` and aliases of these."""
    match node:
        case ast.Constant(value=None):
            return None
        case ast.Name(id=name) if name in _PLAIN:
            return _PLAIN[name]
        case ast.Name(id=name) if alias := _value(name, tree):
            return _type(alias, tree)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _type(left, tree) | _type(right, tree)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=choices):
            return Literal[ast.literal_eval(choices)]
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=parts)):
            return tuple[tuple(_type(part, tree) for part in parts)]  # type: ignore[misc]
        case ast.Constant(value=value) if value is ...:
            return ...
    written = ast.unparse(node) if node else "nothing"
    raise TypeError(f"A recipe cannot describe an argument annotated with {written}.")


def _value(name: str, tree: ast.Module) -> ast.expr | None:
    """What a module assigns to a name, e.g. `Interpolation = Literal["bilinear", "bicubic"]`."""
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=found)], value=value)
                | ast.AnnAssign(target=ast.Name(id=found), value=value)
            ) if found == name:
                return value
    return None


def _default(node: ast.expr | None) -> Any:
    return REQUIRED if node is None else ast.literal_eval(node)


def _helps(definition: Definition) -> dict[str, str]:
    """The entries of the "Args:" part of a docstring."""
    text = inspect.cleandoc(ast.get_docstring(definition) or "")
    part = re.search(r"^Args:\n((?:[ ]+.*\n?|\n)*)", text, re.MULTILINE)
    entries = re.split(r"^    (\w+): ", part[1], flags=re.MULTILINE) if part else [""]
    return {
        name: " ".join(entry.split())
        for name, entry in zip(entries[1::2], entries[2::2], strict=True)
    }
