"""From a recipe to its objects: what fine-tuning asks for, and what does not fit together."""

from pathlib import Path
from typing import Any

import pytest
import torch

from lookalike.errors import UsageError
from lookalike.recipe.build import build_method, build_optimizer
from lookalike.recipe.overrides import Layer, resolve
from lookalike.recipe.plan import Plan
from lookalike.recipe.schema import Recipe
from lookalike.run import pretrain

VIT = {"name": "vit_tiny_patch16_224", "patch": 2, "depth": 2, "width": 1}


def recipe(**changes: Any) -> Recipe:
    digits = Plan("supervised-digits").base.mapping
    return resolve([Layer("digits", digits), Layer("the test", changes)])


def test_each_layer_has_its_share_of_the_rate() -> None:
    fine = recipe(encoder=VIT, layer_decay=0.5)
    method = build_method(fine, 1, classes=10)
    groups = build_optimizer(fine, method).param_groups
    scale = {id(w): group.get("scale", 1.0) for group in groups for w in group["params"]}
    assert scale.keys() == {id(w) for w in method.parameters() if w.requires_grad}
    trunk: Any = method.encoder.trunk
    assert scale[id(trunk.cls_token)] == 0.5**3
    assert scale[id(trunk.blocks[0].mlp.fc1.weight)] == 0.5**2
    assert scale[id(trunk.blocks[1].mlp.fc1.weight)] == 0.5
    assert scale[id(method.get_submodule("classifier").get_parameter("weight"))] == 1


def test_heads_have_rates_of_their_own() -> None:
    words = ["method.predictor_rate=10", "method.projector_rate=2"]
    fast = Plan("byol-digits", words).draft
    method = build_method(fast, 1, classes=10)
    groups = build_optimizer(fast, method).param_groups
    scale = {id(w): group.get("scale", 1.0) for group in groups for w in group["params"]}
    decays = {id(w): group["weight_decay"] > 0 for group in groups for w in group["params"]}
    assert scale.keys() == {id(w) for w in method.parameters() if w.requires_grad}
    for part, factor in {"encoder": 1, "projector": 2, "predictor": 10}.items():
        for weights in method.get_submodule(part).parameters():
            assert scale[id(weights)] == factor
            assert decays[id(weights)] == (weights.ndim > 1)


def test_heads_are_as_deep_as_asked() -> None:
    plan = Plan("byol-digits", ["method.projector_depth=3", "method.predictor_depth=1"])
    method = build_method(plan.draft, 1, classes=10)
    widths = {
        part: [list(w.shape) for w in method.get_submodule(part).parameters() if w.ndim == 2]
        for part in ("projector", "predictor")
    }
    features = method.encoder.features
    assert widths["projector"] == [[256, features], [256, 256], [64, 256]]
    assert widths["predictor"] == [[64, 64]]


def test_a_run_starts_from_the_weights_of_another(tmp_path: Path) -> None:
    """MAE, then fine-tuning: the encoder begins as the other ended."""
    changes = ["encoder.depth=2", "duration=2 steps", "warmup=0 steps", "data.limit=300"]
    plan = Plan("mae-digits", changes, out=tmp_path / "mae")
    pretrain(plan.draft, plan.out, workers=0)
    weights = tmp_path / "mae" / "encoder" / "model.safetensors"
    fine = recipe(encoder=VIT | {"pool": "mean", "weights": str(weights)}, layer_decay=0.65)
    begun = build_method(fine, 1, classes=10).encoder
    again = Plan(str(tmp_path / "mae")).draft
    untrained = build_method(again, 1, classes=10).encoder
    images = torch.rand(4, 1, 8, 8)
    assert not torch.allclose(begun(images), untrained(images))
    from lookalike.run import load

    assert torch.allclose(begun.eval()(images), load(tmp_path / "mae").encoder(images), atol=1e-6)


def test_views_must_be_as_many_as_the_method_compares() -> None:
    two = recipe(method="simclr", views="mae-digits")
    with pytest.raises(UsageError, match="SimCLR takes 2 views of an image, and the recipe has 1"):
        build_method(two, 1, classes=10)
    build_method(recipe(views="simclr-digits"), 1, classes=10)


def test_mae_needs_patches() -> None:
    with pytest.raises(UsageError, match="cannot hide patches from the encoder resnet8"):
        build_method(recipe(method="mae"), 1, classes=10)
