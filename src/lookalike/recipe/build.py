"""From a recipe to the objects it describes."""

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch.optim import Optimizer

from lookalike import distributed
from lookalike.method import Method
from lookalike.methods import METHODS
from lookalike.nn.encoder import Encoder
from lookalike.nn.norm import make_global
from lookalike.randomness import number
from lookalike.recipe.schema import Recipe
from lookalike.training import OPTIMIZERS
from lookalike.training.optimizers import parameter_groups
from lookalike.training.schedule import warmup_cosine


def build_method(recipe: Recipe, channels: int) -> Method:
    """The untrained method; the same weights for the same recipe.

    Args:
        recipe: of the run.
        channels: channels of the images.
    """
    name, settings = _named(recipe.encoder)
    torch.manual_seed(number(recipe.seed, "weights"))
    encoder = Encoder(name, recipe.views[0].size, channels, **settings)
    name, settings = _named(recipe.method)
    method: Method = _find(METHODS[name])(encoder, **settings)
    if recipe.batch_norm == "global" and distributed.world() > 1:
        make_global(method)
    return method


def build_optimizer(recipe: Recipe, method: Method) -> Optimizer:
    """The optimizer over the method's parameters; biases and norms are left out of decay."""
    name, settings = _named(recipe.optimizer)
    optimizer: Optimizer = _find(OPTIMIZERS[name])(parameter_groups(method), **settings)
    return optimizer


def build_rate(recipe: Recipe, updates_per_epoch: int) -> Callable[[int], float]:
    """The learning rate as a function of the number of the update."""
    return partial(
        warmup_cosine,
        peak=recipe.rate.peak(recipe.batch),
        warmup=recipe.warmup.steps(updates_per_epoch),
        updates=recipe.duration.steps(updates_per_epoch),
    )


def _named(part: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    settings = dict(part)
    return settings.pop("name"), settings


def _find(path: str) -> Callable[..., Any]:
    module, _, attribute = path.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found
