"""`lookalike list`."""

import timm

from cli.commands import Command
from lookalike.data.named import NAMED
from lookalike.evaluation import EVALUATIONS
from lookalike.methods import METHODS
from lookalike.nn.small_resnet import SMALL_RESNETS
from lookalike.recipe.library import packaged


def names(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if not line.startswith(" ")]


def test_tables(command: Command) -> None:
    assert names(command("list", "methods").out) == list(METHODS)
    assert names(command("list", "recipes").out) == list(packaged())
    assert names(command("list", "evaluations").out) == list(EVALUATIONS)
    assert names(command("list", "data").out)[: len(NAMED)] == list(NAMED)


def test_without_a_kind_it_lists_the_kinds(command: Command) -> None:
    kinds = names(command("list").out)
    assert {"methods", "studies"} <= {*kinds}
    assert all(command("list", kind).code == 0 for kind in kinds)


def test_methods_show_their_hyper_parameters(command: Command) -> None:
    shown = command("list", "methods").out
    assert "  method.temperature=0.1  " in shown
    assert "τ of NT-Xent" in shown


def test_every_line_says_something(command: Command) -> None:
    for kind in ("", "methods", "recipes", "evaluations", "data"):
        for line in command("list", *kind.split()).out.splitlines():
            assert len(line.split()) > 2, line


def test_encoders_are_our_own_and_timms(command: Command) -> None:
    assert names(command("list", "encoders").out) == [*SMALL_RESNETS, *timm.list_models()]


def test_a_filter(command: Command) -> None:
    found = names(command("list", "encoders", "resnet20").out)
    assert found[0] == "resnet20"
    assert all("resnet20" in name for name in found)
    ended = command("list", "recipes", "imagnet")
    assert ended.code == 2
    assert "no recipes with 'imagnet'" in ended.err
