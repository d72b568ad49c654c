"""What is read from the source equals what Python says after importing it."""

import importlib
import inspect
import sys
import typing
from pathlib import Path

import pytest

from lookalike.data.named import NAMED
from lookalike.evaluation import EVALUATIONS
from lookalike.methods import METHODS
from lookalike.recipe.sections import ENCODER
from lookalike.recipe.signature import REQUIRED, arguments, summary, table
from lookalike.training import OPTIMIZERS

SOURCE = '''
"""A module that must not be imported."""
from typing import Literal

raise RuntimeError("imported")

Kind = Literal["a", "b"]
TABLE: dict[str, object] = {"one": first, "two": other.second}


class Thing:
    """Does something.

    Args:
        encoder: positional, so not read.
        kind: which; a long
            description.

    Raises:
        ValueError: never.
    """

    def __init__(
        self,
        encoder: Tensor,
        *,
        needed: int,
        kind: Kind = "a",
        betas: tuple[float, float] = (0.9, 0.999),
        sizes: tuple[int, ...] = (),
        limit: float | None = None,
        mode: Literal["x", 3] | bool = -1,
    ) -> None: ...


def wrong(*, x: Tensor = 1) -> None: ...
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "unimported.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "unimported"


def find(target: str) -> typing.Any:
    name, _, attribute = target.partition(":")
    return getattr(importlib.import_module(name), attribute)


@pytest.mark.parametrize("target", [*METHODS.values(), *OPTIMIZERS.values(), ENCODER])
def test_agrees_with_inspect(target: str) -> None:
    thing = find(target)
    call = thing.__init__ if inspect.isclass(thing) else thing
    hints = typing.get_type_hints(inspect.unwrap(call))
    expected = {
        name: (hints[name], REQUIRED if parameter.default is parameter.empty else parameter.default)
        for name, parameter in inspect.signature(call).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    assert {name: a[:2] for name, a in arguments(target).items()} == expected


@pytest.mark.parametrize("target", [*METHODS.values(), *EVALUATIONS.values()])
def test_summary_is_the_first_line(target: str) -> None:
    doc = find(target).__doc__
    assert summary(target) == doc.strip().splitlines()[0]


def test_hyper_parameters_of_methods_are_documented() -> None:
    for target in METHODS.values():
        assert all(argument.help for argument in arguments(target).values())


def test_every_kind_of_annotation_without_importing(module: str) -> None:
    found = arguments(f"{module}:Thing")
    assert {name: a.annotation for name, a in found.items()} == {
        "needed": int,
        "kind": typing.Literal["a", "b"],
        "betas": tuple[float, float],
        "sizes": tuple[int, ...],
        "limit": float | None,
        "mode": typing.Literal["x", 3] | bool,
    }
    assert found["needed"].default is REQUIRED
    assert found["mode"].default == -1
    assert found["kind"].help == "which; a long description."
    assert found["limit"].help == ""
    assert module not in sys.modules


def test_an_annotation_that_recipes_cannot_hold(module: str) -> None:
    with pytest.raises(TypeError, match="Tensor"):
        arguments(f"{module}:wrong")


def test_tables(module: str) -> None:
    assert table(f"{module}:TABLE") == {"one": f"{module}:first", "two": f"{module}:other.second"}
    assert list(table("lookalike.data.named:NAMED")) == list(NAMED)
    with pytest.raises(TypeError, match="dictionary"):
        table(f"{module}:Kind")


def test_a_module_that_is_not_there() -> None:
    with pytest.raises(ModuleNotFoundError):
        arguments("no_such_module_at_all:Thing")
