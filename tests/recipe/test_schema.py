"""The recipe: its round trip, its differences, and what it refuses."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from lookalike import text
from lookalike.errors import UsageError
from lookalike.recipe.leaves import leaves
from lookalike.recipe.problems import RecipeError
from lookalike.recipe.schema import Recipe
from lookalike.recipe.units import Duration, Rate
from lookalike.views.policy import Policy
from lookalike.views.presets import POLICIES

Change = Callable[..., Recipe]


def test_round_trip_is_exact(recipe: Recipe) -> None:
    values = recipe.dump()
    assert Recipe.read(values) == recipe
    assert Recipe.read(yaml.safe_load(text.dump(values))) == recipe
    assert Recipe.read(json.loads(json.dumps(values))) == recipe
    assert Recipe.read(values).dump() == values


def test_types_of_what_is_read(change: Change) -> None:
    recipe = change("optimizer=adamw", "clip=1", "watch=0.5 epochs")
    assert recipe.duration == Duration(20, "epochs")
    assert recipe.rate == Rate("per_256", 0.3)
    assert recipe.views == POLICIES["simclr"]
    assert all(isinstance(view, Policy) for view in recipe.views)
    assert recipe.optimizer["betas"] == (0.9, 0.999)
    assert recipe.clip == 1.0
    assert recipe.watch == Duration(0.5, "epochs")


def test_a_name_alone_gets_every_default(recipe: Recipe) -> None:
    assert recipe.method == {
        "name": "simclr",
        "projector": "nonlinear",
        "outputs": 128,
        "loss": "nt_xent",
        "temperature": 0.1,
        "margin": 0.8,
        "negatives": "all",
        "normalize": True,
    }
    assert recipe.optimizer["weight_decay"] == 1e-5
    assert recipe.optimizer["trust"] == 0.001


def test_it_cannot_be_changed(recipe: Recipe) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        recipe.batch = 3  # type: ignore[misc]


def test_differences(recipe: Recipe, change: Change) -> None:
    assert recipe.differences(recipe) == []
    other = change("method.temperature=0.2", "views.1.blur=null", "rate.constant=0.1")
    found = recipe.differences(other)
    assert "method.temperature: 0.1 → 0.2" in found
    assert "views.1.blur.sigma: [0.1, 2.0] → not there" in found
    assert "rate.per_256: 0.3 → not there" in found
    assert "rate.constant: not there → 0.1" in found
    assert not any(line.startswith("views.0") for line in found)


@pytest.mark.parametrize(
    ("words", "path", "says"),
    [
        (["method.tempratur=1"], "method.tempratur", "'method.temperature'"),
        (["temperature=1"], "temperature", "'method.temperature'"),
        (["encoder.widht=2"], "encoder.widht", "'encoder.width'"),
        (["optimizer.trsut=1"], "optimizer.trsut", "'optimizer.trust'"),
        (["views.jitter.heu=0.1"], "views.0.jitter.heu", "'views.jitter.hue'"),
        (["views.1.jiter.hue=0.1"], "views.1.jiter", "'views.jitter'"),
        (["views.crop.araea=[0.1, 1]"], "views.0.crop.araea", "'views.crop.area'"),
        (["data.pth=x"], "data.pth", "'data.path'"),
        (["durration=1 epoch"], "durration", "'duration'"),
        (["nonsense.bar=1"], "nonsense", "Choose one of: batch, batch_norm, clip"),
        (["method=simcrl"], "method.name", "'simclr'"),
        (["optimizer=lers"], "optimizer.name", "'lars'"),
        (["views=simclr-cfar"], "views.preset", "'simclr-cifar'"),
        (["views.2.flip=0"], "views.2", "from 0 to 1"),
        (["method.projector=linar"], "method.projector", "'linear'"),
        (["precision=bf16"], "precision", "'bfloat16'"),
    ],
)
def test_unknown_names(change: Change, words: list[str], path: str, says: str) -> None:
    with pytest.raises(RecipeError) as caught:
        change(*words)
    assert caught.value.path == path
    assert says in caught.value.do
    assert caught.value.why == f"It stands in the override {words[0]}."
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("method.temperature='0.2'", "number"),
        ("method.temperature=true", "number"),
        ("method.temperature=-1", "above 0"),
        ("method.temperature=.inf", "number"),
        ("method.temperature=null", "number"),
        ("method.normalize=1", "boolean"),
        ("method.outputs=1.5", "integer"),
        ("method.outputs=0", "from 1 to 1,000,000"),
        ("encoder.width=0", "from 1 to 10,000"),
        ("optimizer.weight_decay=-1e-6", "0 or more"),
        ("optimizer.momentum=1", "below 1"),
        ("batch=1", "from 2 to 10,000,000"),
        ("batch=64.5", "integer"),
        ("seed=-1", "from 0 to"),
        ("clip=0", "above 0"),
        ("data.limit=1", "from 2 to"),
        ("duration=20", '"100 epochs"'),
        ("duration=0 epochs", "more than 0"),
        ("watch=0 steps", "more than 0"),
        ("rate=0.1", "{per_256: 0.3}"),
        ("rate.constant=-1", "above 0"),
        ("views.flip=1.5", "from 0 to 1"),
        ("views.jitter.hue=0.6", "from 0 to 0.5"),
        ("views.crop.area=[0, 1]", "above 0"),
        ("views.crop.area=[1, 0.1]", "least, then the greatest"),
        ("views.crop.area=[0.1]", "more values"),
        ("views.crop.area=[0.1, 0.2, 0.3]", "at most 2"),
        ("views.crop.draw=torch", "'torchvision'"),
        ("views.blur.sigma=2", "array"),
        ("views.size=1", "from 4 to 10,000"),
        ("views.normalize={mean: [0.5], std: [0.5, 0.5]}", "per channel"),
        ("name=a/b", "run folder"),
        ("encoder=null", "name"),
        ("views=[]", "at least one view"),
    ],
)
def test_wrong_values(change: Change, word: str, says: str) -> None:
    with pytest.raises(RecipeError) as caught:
        change(word)
    asked, found = word.partition("=")[0], caught.value.path.replace("views.0.", "views.")
    assert found.startswith(asked) or asked.startswith(found)
    assert caught.value.path in caught.value.what
    assert says in caught.value.do
    assert word in caught.value.why


@pytest.mark.parametrize(
    "key", ["method", "encoder", "views", "batch", "duration", "optimizer", "rate"]
)
def test_what_a_recipe_must_say(recipe: Recipe, key: str) -> None:
    values = recipe.dump()
    del values[key]
    with pytest.raises(UsageError, match=f"{key} is missing"):
        Recipe.read(values)


def test_dates_are_text(change: Change) -> None:
    assert change("name=2026-01-02").name == "2026-01-02"


def test_a_warmup_longer_than_the_training_is_told(change: Change) -> None:
    assert change("warmup=19 epochs").remarks() == []
    assert change("warmup=20000 steps").remarks() == []
    assert "20 epochs" in change("warmup=20 epochs").remarks()[0]


def test_leaves() -> None:
    tree: Any = {"a": {"b": 1, "c": []}, "d": [{"e": [1, 2]}, {}], "f": None}
    assert dict(leaves(tree)) == {"a.b": 1, "a.c": [], "d.0.e": [1, 2], "d.1": {}, "f": None}
