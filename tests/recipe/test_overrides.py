"""Layers of a recipe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lookalike.errors import UsageError
from lookalike.recipe.leaves import leaves
from lookalike.recipe.overrides import Layer, layers, overlay, resolve
from lookalike.recipe.problems import RecipeError
from lookalike.recipe.schema import Recipe
from lookalike.views.operations import AutoAugment, Blur, Jitter, RandAugment
from lookalike.views.policy import Crop, Fit, Policy

Change = Callable[..., Recipe]

# Another legal value for every leaf of the small recipe, by its last name.
OTHERS: dict[str, Any] = {
    "name": "other",
    "projector": "linear",
    "stem": "small",
    "draw": "tensorflow",
    "interpolation": "bilinear",
    "order": "fixed",
    "precision": "float32",
    "path": "elsewhere",
    "duration": "7 steps",
    "warmup": "3 steps",
    "watch": "5 steps",
    "area": [0.2, 0.7],
    "aspect": [0.5, 2.0],
    "sigma": [0.3, 0.4],
    "limit": 5,
    "clip": 2.0,
    "affine": {"degrees": 3.0},
    "augment": {"table": "v0"},
    "border": "black",
    "cutout": {"fill": 0.2},
    "erase": {"fill": "zero"},
    "first": ["blur"],
    "form": "tensorflow",
    "loss": "triplet",
    "variant": "byol",
    "motion_blur": {"length": [0.1, 0.2]},
    "negatives": "semi-hard",
    "noise": {"level": [0.1, 0.2]},
    "nonfinite": "skip",
    "batch_norm": "process",
    "monitor": ["linear"],
    "test_size": 48,
    "patch": 7,
    "depth": 3,
    "pool": "mean",
    "piece": 3,
    "posterize": {"bits": [2, 3]},
    "recrop": {"area": [0.4, 0.5]},
    "rotate": {"probability": 0.3},
    "sharpness": {"factor": [0.5, 0.6]},
    "sobel": {"probability": 0.3},
    "solarize": {"threshold": 0.3},
    "solarize_add": {"amount": 0.3},
    "warp": {"length": 0.2},
    "normalize": {"mean": [0.5], "std": [0.25]},
}


def other(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if name in OTHERS:
        return OTHERS[name]
    return value + 1 if isinstance(value, int) else value / 2 + 0.01


def test_a_change_moves_nothing_else(recipe: Recipe, change: Change) -> None:
    for path, value in leaves(recipe.dump()):
        name = path.rpartition(".")[2]
        if path in ("method.name", "encoder.name", "optimizer.name"):
            continue
        new = other("normalized" if path == "method.normalize" else name, value)
        changed = change(
            f"{path}={yaml.safe_dump(new, default_flow_style=True).strip(chr(10) + '.')}"
        )
        moved = [line.partition(":")[0] for line in recipe.differences(changed)]
        below = [moved_path for moved_path in moved if not moved_path.startswith(path)]
        assert moved, path
        assert not below, path


def test_a_change_of_all_views(change: Change) -> None:
    first, second = change("views.jitter.hue=0.1").views
    assert first == second
    assert first.jitter == Jitter(hue=0.1)  # the preset's other numbers are the class's here
    assert first.drop == 0.2
    assert first.blur == Blur()


def test_a_change_of_one_view(recipe: Recipe, change: Change) -> None:
    first, second = change("views.1.blur=null").views
    assert first == recipe.views[0]
    assert second.blur is None
    assert second.jitter == recipe.views[1].jitter


def test_words_and_python_are_one(change: Change) -> None:
    words = change(
        "method.temperature=0.2", "views.1.blur=null", "duration=3 epochs", "data=digits"
    )
    python = change(
        method={"temperature": 0.2}, views={1: {"blur": None}}, duration="3 epochs", data="digits"
    )
    assert words == python
    assert change(data=Path("photos")).data.path == "photos"


def test_policies_may_be_objects(change: Change) -> None:
    views = (Policy(size=16), Policy(size=24, crop=Fit()))
    assert change(views=views).views == views
    assert change(views=[*views, Policy()]).views == (*views, Policy())


def test_later_layers_win_and_keep_what_is_beside(change: Change) -> None:
    recipe = change("data.limit=10", "views.blur=null", "views.blur.kernel=0.2", data="digits")
    assert (recipe.data.path, recipe.data.limit) == ("digits", 10)
    assert recipe.views[0].blur == Blur(kernel=0.2)


def test_alternatives_replace_each_other(change: Change) -> None:
    assert change("rate.root=0.075").rate.dump() == {"root": 0.075}
    assert change("views.crop.share=0.5").views[0].crop == Fit(share=0.5)
    back = change("views.crop={share: 0.5}", "views.crop.area=[0.5, 1]")
    assert back.views[0].crop == Crop(area=(0.5, 1.0))


def test_another_optimizer_starts_afresh(change: Change) -> None:
    assert change("optimizer=sgd").optimizer["weight_decay"] == 1e-4
    assert change("optimizer.name=lars").optimizer["weight_decay"] == 1e-5
    with pytest.raises(RecipeError, match=r"optimizer\.trust"):
        change(optimizer={"name": "sgd", "trust": 0.1})


def test_another_encoder_keeps_its_arguments(change: Change) -> None:
    recipe = change("encoder.width=2", "encoder.stem=small", encoder="resnet50")
    given = {"name": "resnet50", "stem": "small", "width": 2}
    assert recipe.encoder.items() >= given.items()


def test_a_preset_with_changes(change: Change) -> None:
    views = change(views={"preset": "simclr-cifar", "size": 24, "0": {"flip": 0.0}}).views
    assert [view.size for view in views] == [24, 24]
    assert [view.flip for view in views] == [0.0, 0.5]
    assert views[0].blur is None
    with pytest.raises(RecipeError, match=r"views\.preset is missing"):
        resolve([Layer("the test", {"views": {"size": 24}})])


def test_the_origin_is_the_layer_that_says_it(recipe: Recipe) -> None:
    base = Layer("the file mine.yaml", {**recipe.dump(), "method": {"name": "simclr", "temp": 1}})
    with pytest.raises(RecipeError, match=r"It stands in the file mine.yaml\."):
        resolve([base, *layers(["seed=1"], {})])


@pytest.mark.parametrize("word", ["photos/", "=1", "batch=", "--x"])
def test_what_is_no_override(word: str) -> None:
    with pytest.raises(UsageError, match="KEY=VALUE"):
        layers([word], {})


def test_a_key_given_twice() -> None:
    with pytest.raises(UsageError, match="seed is given twice"):
        layers(["seed=1", "seed=2"], {})
    with pytest.raises(UsageError, match="batch is given twice"):
        layers(["batch=1"], {"batch": 2})


def test_overlay_leaves_its_arguments_alone(recipe: Recipe) -> None:
    base = recipe.dump()
    overlay(base, {"views": {"size": 8, "1": {"jitter": {"hue": 0.0}}}, "data": {"limit": 3}})
    assert base == recipe.dump()


def test_one_kind_of_augmentation_replaces_the_other(change: Change) -> None:
    auto = change("views.augment.table=v0").views[0].augment
    assert auto == AutoAugment(table="v0")
    rand = change("views.augment.table=v0", "views.augment.magnitude=5").views[0].augment
    assert rand == RandAugment(magnitude=5)


def test_what_a_policy_refuses_is_told_as_part_of_the_views(change: Change) -> None:
    for words, said in (("[a]", "no operation a"), ("[jitter, jitter]", "twice")):
        with pytest.raises(RecipeError, match=f"In views: .*{said}") as refused:
            change(f"views.first={words}")
        assert refused.value.do


@pytest.mark.parametrize(("asked", "said"), [("a", "called a"), ("knn.k", "form knn.SETTING")])
def test_a_monitor_that_is_none_is_named(change: Change, asked: str, said: str) -> None:
    with pytest.raises(RecipeError, match=f"In monitor: .*{said}"):
        change(f"monitor=[{asked}]", "data.held_out=0.1")
