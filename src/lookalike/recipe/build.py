"""From a recipe to the objects it describes."""

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from lookalike import distributed
from lookalike.errors import UsageError
from lookalike.method import Method
from lookalike.methods import METHODS
from lookalike.nn.encoder import Encoder
from lookalike.nn.norm import make_global
from lookalike.randomness import number
from lookalike.recipe.schema import Recipe
from lookalike.training import OPTIMIZERS
from lookalike.training.layers import layer_groups
from lookalike.training.optimizers import parameter_groups
from lookalike.training.schedule import warmup_cosine


def build_method(recipe: Recipe, channels: int, classes: int) -> Method:
    """The untrained method; the same weights for the same recipe.

    Args:
        recipe: of the run.
        channels: channels of the images.
        classes: of their labels, for methods that use them.

    Raises:
        UsageError: the encoder does not exist, or the method takes no such encoder or views.
    """
    kind = method_kind(recipe)
    _check_views(recipe, kind)
    name, settings = _named(recipe.encoder)
    torch.manual_seed(number(recipe.seed, "weights"))
    encoder = Encoder(name, recipe.views[0].size, channels, **settings)
    _, settings = _named(recipe.method)
    given = () if kind.labels == "unused" else (classes,)
    method = kind(encoder, *given, **settings)
    if recipe.batch_norm == "global" and distributed.world() > 1:
        make_global(method)
    return method


def method_kind(recipe: Recipe) -> type[Method]:
    """The class of the recipe's method."""
    return _find(METHODS[recipe.method["name"]])  # type: ignore[return-value]


def build_optimizer(recipe: Recipe, method: Method) -> Optimizer:
    """The optimizer over the method's parameters; biases and norms are left out of decay.

    Raises:
        UsageError: the layers of the encoder are not known, and the recipe wants a rate for each.
    """
    name, settings = _named(recipe.optimizer)
    if recipe.layer_decay == 1:
        groups = parameter_groups(method, method.rates)
    else:
        heads = [part for part in method.children() if part is not method.encoder]
        heads.append(nn.ParameterList(method.parameters(recurse=False)))
        groups = layer_groups(method.encoder, *heads, decay=recipe.layer_decay)
    optimizer: Optimizer = _find(OPTIMIZERS[name])(groups, **settings)
    return optimizer


def build_rate(recipe: Recipe, updates_per_epoch: int) -> Callable[[int], float]:
    """The learning rate as a function of the number of the update."""
    return partial(
        warmup_cosine,
        peak=recipe.rate.peak(recipe.batch),
        warmup=recipe.warmup.steps(updates_per_epoch),
        updates=recipe.duration.steps(updates_per_epoch),
    )


def _check_views(recipe: Recipe, kind: type[Method]) -> None:
    given, own = len(recipe.views), len(kind.views)
    if given != own and not kind.many_views:
        raise UsageError(
            f"{kind.__name__} takes {own} views of an image, and the recipe has {given}.",
            do=f"Choose views={recipe.method['name']}, or others with as many.",
        )


def _named(part: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    settings = dict(part)
    return settings.pop("name"), settings


def _find(path: str) -> Callable[..., Any]:
    module, _, attribute = path.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found
