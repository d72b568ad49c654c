"""Training that learns nothing is named within three epochs; healthy training is left in peace."""

import pytest
import torch

from lookalike.data.loading import Loader
from lookalike.data.sources import open_source
from lookalike.evaluation.watching.alarm import Alarm, diagnose, means, view_difference
from lookalike.method import Batch
from lookalike.recipe.build import build_method, build_optimizer, build_rate
from lookalike.recipe.plan import Plan
from lookalike.training.loop import train
from lookalike.training.monitors import Basics
from lookalike.training.runtime import choose_runtime


@pytest.mark.parametrize(
    ("epochs", "word"),
    [
        ([{"view_difference": 0.0}], "all the same"),
        ([{"projection_spread": 0.5}, {"projection_spread": 0.14}], "collapse"),
        ([{"projection_spread": 0.1}, {"projection_spread": 0.14}], None),  # it recovers
        ([{"projection_spread": 0.1}], None),  # too early
        ([{"entropy": 4.1585}, {"entropy": 4.1585}], "temperature"),
        ([{"entropy": 4.15}, {"entropy": 4.15}], None),
        ([{"loss": 1.0}, {"loss": 1.0}], None),
    ],
)
def test_diagnoses(epochs: list[dict[str, float]], word: str | None) -> None:
    found = diagnose([epoch | {"images": 64} for epoch in epochs])
    assert (found is None) if word is None else (found is not None and word in found)


def test_means_are_over_the_rows_that_have_a_number() -> None:
    assert means([{"a": 1.0, "b": 2.0}, {"a": 3.0}], 8) == {"a": 2.0, "b": 2.0, "images": 8}


def test_views_of_other_sizes_are_not_compared() -> None:
    image = torch.arange(2)
    large, small = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 4, 4)
    assert view_difference(Batch((large, small), image, image, image)) is None
    assert view_difference(Batch((large,), image, image, image)) is None
    assert view_difference(Batch((large, large), image, image, image)) == 0


def warnings(what: str, *changes: str) -> list[str]:
    """What is said in three epochs on a thousand digits."""
    small = () if what.startswith("mae") else ("encoder.width=1",)
    shared = (*small, "batch=64", "warmup=1 epoch", "duration=3 epochs")
    recipe = Plan(what, (*shared, *changes), {"data": {"path": "digits", "limit": 1000}}).draft
    source, runtime = open_source("digits", "train", limit=1000), choose_runtime("cpu", "float32")
    loader = Loader(source, recipe.views, batch=64, seed=0, device=runtime.device)
    method = build_method(recipe, source.channels, len(source.classes))
    said = method.remarks()
    epoch = loader.updates_per_epoch
    train(
        method,
        loader.batches(0, 3 * epoch),
        build_optimizer(recipe, method),
        build_rate(recipe, epoch),
        runtime=runtime,
        seed=0,
        start=0,
        updates=3 * epoch,
        monitors=[Basics(), Alarm(said.append, updates_per_epoch=epoch)],
    )
    return said


@pytest.mark.parametrize(
    ("what", "changes", "words"),
    [
        ("byol-digits", ["method.predictor=false"], ["without its predictor"]),
        (
            "byol-digits",
            ["method.target=online", "method.predictor=false"],
            ["without its target", "collapse: the"],
        ),
        ("simsiam-digits", ["method.stop_gradient=false"], ["stopped gradient"]),
        ("simclr-digits", ["method.temperature=1000"], ["temperature is too high"]),
        ("simclr-digits", ["views.affine=null"], ["views of an image are all the same"]),
    ],
)
def test_what_learns_nothing_is_named(what: str, changes: list[str], words: list[str]) -> None:
    said = "\n".join(warnings(what, *changes))
    assert all(word in said for word in words), said


@pytest.mark.parametrize("method", ["simclr", "byol", "simsiam", "supcon", "mae"])
def test_healthy_training_is_left_in_peace(method: str) -> None:
    assert warnings(f"{method}-digits") == []
