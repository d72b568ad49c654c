"""What recipes can name: which tensors are left alone, and which form of LARS each name is."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from lookalike.recipe.bounds import BOUNDS
from lookalike.recipe.signature import arguments
from lookalike.training import OPTIMIZERS
from lookalike.training.optimizers import (
    adamw,
    group_pair,
    larc,
    lars,
    lars_byol,
    lars_moco_v3,
    parameter_groups,
    sgd,
)

Build = Callable[..., torch.optim.Optimizer]


class Scale(nn.Module):
    """LayerScale: one dimension, and neither a bias nor a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(2))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.ones(1, 1, 2))
        self.conv = nn.Conv2d(1, 2, 3)
        self.planes = nn.LayerNorm((2, 3))
        self.attention = nn.MultiheadAttention(2, 1)
        self.scale = Scale()


BY_NAME = {"token", "conv.weight", "scale.gamma"} | {
    "attention.in_proj_weight",
    "attention.out_proj.weight",
}
BY_DIMENSIONS = (BY_NAME - {"scale.gamma"}) | {"planes.weight", "planes.bias"}


def left_alone(module: nn.Module, optimizer: torch.optim.Optimizer) -> set[str]:
    names = {w: name for name, w in module.named_parameters()}
    alone = [g for g in optimizer.param_groups if g["weight_decay"] == 0 and not g["adapt"]]
    return {names[w] for group in alone for w in group["params"]}


@pytest.mark.parametrize(
    ("build", "regular"),
    [
        (sgd, BY_NAME),
        (adamw, BY_NAME),
        (lars, BY_NAME),
        (lars_byol, BY_NAME),
        (larc, BY_NAME),
        (lars_moco_v3, BY_DIMENSIONS),
    ],
)
def test_which_tensors_are_left_alone(build: Build, regular: set[str]) -> None:
    net = Net()
    optimizer = build(parameter_groups(net), weight_decay=0.5)
    for group in optimizer.param_groups:
        group.setdefault("adapt", True)
        assert group["weight_decay"] == (0.5 if group["adapt"] else 0.0)
    assert left_alone(net, optimizer) == {name for name, _ in net.named_parameters()} - regular
    held = [w for group in optimizer.param_groups for w in group["params"]]
    assert sorted(map(id, held)) == sorted(map(id, net.parameters()))


def test_every_trainable_parameter_stands_in_one_group() -> None:
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    module[0].bias.requires_grad_(False)
    groups = parameter_groups(module)
    chosen = [p for group in groups for p in group["params"]]
    assert {id(p) for p in chosen} == {id(p) for p in module.parameters() if p.requires_grad}
    assert len(chosen) == 3


def test_regrouping_keeps_the_scale() -> None:
    groups = group_pair([nn.Parameter(torch.ones(2, 2))], [nn.Parameter(torch.ones(2))], scale=0.5)
    assert [group["scale"] for group in lars_moco_v3(groups).param_groups] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("build", "settings", "form"),
    [
        (lars, {}, "inside"),
        (lars, {"popular": True}, "popular"),
        (lars_byol, {}, "outside"),
        (lars_moco_v3, {}, "outside"),
        (larc, {}, "larc"),
        (larc, {"clipped": True}, "larc-clipped"),
    ],
)
def test_forms_and_settings_arrive(build: Build, settings: dict[str, bool], form: str) -> None:
    groups = [{"params": [nn.Parameter(torch.ones(2, 2))]}]
    optimizer = build(groups, momentum=0.8, weight_decay=0.3, trust=0.01, **settings)
    (group,) = optimizer.param_groups
    expected = {"form": form, "momentum": 0.8, "weight_decay": 0.3, "trust": 0.01, "lr": 0.0}
    assert expected.items() <= group.items()


@pytest.mark.parametrize(
    ("weight_decay", "everything", "adapt"),
    [
        (0.1, False, [True, False]),
        (0.1, True, [True, True]),
        (0.0, False, [False, False]),
        (0.0, True, [True, True]),
    ],
)
def test_larc_scales_what_decays_or_everything(
    weight_decay: float, everything: bool, adapt: list[bool]
) -> None:
    groups = parameter_groups(nn.Linear(2, 2))
    optimizer = larc(groups, weight_decay=weight_decay, everything=everything)
    assert [group["adapt"] for group in optimizer.param_groups] == adapt


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_recipes_can_name_every_argument(name: str) -> None:
    """A bound forbids False, as it is a number, so a switch must not share a bounded name."""
    found = arguments(OPTIMIZERS[name])
    assert "weight_decay" in found
    assert not [key for key, a in found.items() if a.annotation is bool and key in BOUNDS]
