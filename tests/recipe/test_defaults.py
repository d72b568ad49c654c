"""The recipe of a bare method."""

import itertools

import pytest
import torch

from lookalike.errors import DataError
from lookalike.method import Batch
from lookalike.methods import METHODS
from lookalike.randomness import image_keys
from lookalike.recipe.build import build_method
from lookalike.recipe.defaults import default_recipe, described
from lookalike.recipe.estimate import parameters
from lookalike.recipe.overrides import Layer, resolve
from lookalike.recipe.schema import Recipe
from lookalike.views.presets import POLICIES
from lookalike.views.render import render


def chosen(
    images: int = 1000,
    side: int = 400,
    channels: int = 3,
    device: str = "cpu",
    method: str = "simclr",
) -> Recipe:
    values = default_recipe(method, images=images, side=side, channels=channels, device=device)
    return resolve([Layer("the defaults", values)])


@pytest.mark.parametrize(
    ("side", "device", "encoder", "size"),
    [
        (400, "cpu", "resnet18", 96),
        (400, "cuda", "resnet50", 224),
        (65, "cpu", "resnet18", 96),
        (64, "cpu", "resnet20", 64),
        (32, "cpu", "resnet20", 32),
        (32, "cuda", "resnet18", 32),
        (8, "cpu", "resnet20", 8),
    ],
)
def test_the_table(side: int, device: str, encoder: str, size: int) -> None:
    recipe = chosen(side=side, device=device)
    assert recipe.encoder["name"] == encoder
    assert {view.size for view in recipe.views} == {size}
    assert (recipe.views[0].blur is None) == (side <= 64)


@pytest.mark.parametrize(
    ("images", "batch"),
    [(2, 2), (9, 2), (150, 32), (1000, 128), (1023, 128), (1024, 256), (10**6, 256)],
)
def test_the_batch_leaves_four_updates_an_epoch(images: int, batch: int) -> None:
    assert chosen(images=images).batch == batch


def test_always_a_whole_recipe_of_bounded_length() -> None:
    sides, devices, counts = (4, 8, 32, 64, 65, 4000), ("cpu", "cuda"), (2, 3, 150, 10**4, 10**6)
    for images, side, channels, device in itertools.product(counts, sides, (1, 3), devices):
        recipe = chosen(images, side, channels, device)
        assert 1 <= recipe.duration.amount <= 500
        assert recipe.watch.amount <= recipe.duration.amount
        assert recipe.remarks() == []


def test_a_cpu_run_of_photos_takes_tens_of_minutes() -> None:
    for images in (1000, 10_000, 50_000):
        seen = images * chosen(images=images).duration.amount
        assert seen / 70 < 45 * 60  # images a second of resnet18 at 96 px on two cores


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_images_without_colour_are_not_given_it(channels: int) -> None:
    view = chosen(channels=channels).views[0]
    assert view.jitter is not None
    assert (view.jitter.hue, view.jitter.saturation, view.drop) == (0.0, 0.0, 0.0)
    assert view.jitter.brightness > 0


@pytest.mark.parametrize("images", [0, 1])
def test_too_few_images(images: int) -> None:
    with pytest.raises(DataError, match=r"(is 1|are no) image"):
        chosen(images=images)


def test_what_was_chosen_is_said() -> None:
    words = described(chosen(1797, 32), images=1797, side=32, device="cpu")
    assert "1,797 images" in words
    assert "small stem" in words
    assert "resnet20 at 32 px" in words
    assert "stem" not in described(chosen(), images=1000, side=400, device="cpu")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_defaults_for_small_images_and_photos(method: str) -> None:
    """Views, encoder and heads fit each other: the method is built and takes a step."""
    for side, channels in ((32, 3), (28, 1)):
        recipe = chosen(64, side, channels, method=method)
        built = build_method(recipe, channels, classes=2)
        image = torch.arange(4)
        pictures = torch.randint(0, 256, (4, channels, side, side), dtype=torch.uint8)
        views = tuple(
            render(pictures, policy, image_keys(0, 0, image), i)
            for i, policy in enumerate(recipe.views)
        )
        step = built(Batch(views, image, image % 2, image_keys(0, 0, image)))
        assert torch.isfinite(step.loss)
    photos = chosen(method=method)
    assert max(view.size for view in photos.views) == 96
    assert parameters(photos) > 0
    own = POLICIES[method]
    assert [v.size / 96 for v in photos.views] == pytest.approx(
        [v.size / 224 for v in own], abs=0.01
    )
