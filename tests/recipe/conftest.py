"""A small recipe to change."""

from collections.abc import Callable
from typing import Any

import pytest

from lookalike.recipe.overrides import Layer, layers, resolve
from lookalike.recipe.schema import Recipe

VALUES: dict[str, Any] = {
    "name": "small",
    "method": "simclr",
    "encoder": "resnet20",
    "views": "simclr",
    "data": {"held_out": 0.1},
    "batch": 64,
    "duration": "20 epochs",
    "optimizer": {"name": "lars", "weight_decay": 1e-5},
    "rate": {"per_256": 0.3},
}


@pytest.fixture
def recipe() -> Recipe:
    return Recipe.read(resolve([Layer("the test", VALUES)]).dump())


@pytest.fixture
def change(recipe: Recipe) -> Callable[..., Recipe]:
    """The small recipe after `KEY=VALUE` words and nested changes."""

    def changed(*words: str, **changes: Any) -> Recipe:
        return resolve([Layer("the test", recipe.dump()), *layers(words, changes)])

    return changed
