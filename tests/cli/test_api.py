"""`import lookalike` and what it offers."""

import tomllib
from pathlib import Path

import pytest

import lookalike as la
from cli.commands import Started
from lookalike.errors import DataError, UsageError

ROOT = Path(__file__).parents[2]


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project.get("version", la.__version__) == la.__version__


def test_load_comes_from_run() -> None:
    import lookalike.run

    assert la.load is lookalike.run.load
    assert all(callable(getattr(la, name)) for name in la.__all__)
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        la.lod  # noqa: B018


def test_keywords_are_the_recipe(
    started: list[Started], capsys: pytest.CaptureFixture[str]
) -> None:
    run = la.pretrain(
        "simclr",
        data=Path("digits"),
        method={"temperature": 0.2},
        duration="20 epochs",
        views={"1": {"flip": 0.0}},
        out="there",
        device="cpu",
        quiet=True,
    )
    assert run is not None
    assert run.path == Path("there")
    recipe = started[0].recipe
    assert (recipe.method["temperature"], str(recipe.duration)) == (0.2, "20 epochs")
    assert [view.flip for view in recipe.views] == [0.5, 0.0]
    assert recipe.data.path == "digits"
    assert started[0].out == Path("there")
    assert capsys.readouterr().out == ""


def test_keywords_and_words_are_one(started: list[Started]) -> None:
    la.pretrain("simclr-digits", "method.temperature=0.3", "clip=null", seed=2, quiet=True)
    la.pretrain("simclr-digits", method={"temperature": 0.3}, clip=None, seed=2, quiet=True)
    assert started[0].recipe == started[1].recipe


def test_mistakes_name_the_argument(started: list[Started]) -> None:
    with pytest.raises(UsageError, match=r"(?s)no method\.temp\..*argument method.*temperature"):
        la.pretrain("simclr-digits", method={"temp": 0.3})
    with pytest.raises(UsageError, match="no epochs"):
        la.pretrain("simclr-digits", epochs=3)
    with pytest.raises(UsageError, match="images to train on"):
        la.pretrain("simclr-cifar10")
    with pytest.raises(DataError, match="photso"):
        la.pretrain("simclr", data="photso")
    assert started == []
