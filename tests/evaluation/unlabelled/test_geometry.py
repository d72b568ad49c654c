"""Geometry of encoders whose invariance is known; labels and test images play no part."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from lookalike.data.opening import open_source
from lookalike.data.sources import Images, Source
from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import extract
from lookalike.evaluation.metrics import Outcome
from lookalike.evaluation.subject import Pixels, Subject
from lookalike.evaluation.unlabelled.choosing import choose_checkpoint
from lookalike.evaluation.unlabelled.geometry import geometry, look
from lookalike.evaluation.unlabelled.spectrum import decay, describe, lidar
from lookalike.randomness import number, order
from lookalike.training.runtime import Runtime
from lookalike.views.operations import Normalize
from lookalike.views.policy import Fit, Policy

CPU = Runtime(torch.device("cpu"), torch.float32)
PLAIN = Policy(size=8, crop=Fit(), flip=0.0)
PIXELS = Subject("pixels", Pixels(), PLAIN)


class _Symmetric(nn.Module):
    """Cannot tell an image from its mirror image."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return (images + images.flip(3)).flatten(1)


@pytest.fixture(scope="module")
def digits() -> Source:
    return open_source("digits", "train")


def _values(outcome: Outcome) -> dict[str, float]:
    assert isinstance(outcome.result, dict)
    return {name: each.value for name, each in outcome.result.items()}


def test_the_plain_numbers_are_those_of_a_choice_of_training_images(digits: Source) -> None:
    assert isinstance(digits, Images)
    found = _values(geometry(PIXELS, digits, digits, CPU, classes=10, images=300, views=2, seed=3))
    rows = order(number("geometry", 3), 0, len(digits))[:300]
    values = extract(PIXELS.encoder, digits, PLAIN, runtime=CPU).values[rows]
    expected = describe(values)
    assert found["RankMe"] == pytest.approx(expected["effective_rank"], rel=1e-6)
    assert found["uniformity"] == pytest.approx(expected["uniformity"], rel=1e-6)
    assert found["spread"] == pytest.approx(expected["spread"], rel=1e-6)
    fit = decay(values)
    assert fit is not None
    assert found["α-ReQ"] == pytest.approx(fit[0], rel=1e-6)


def test_neither_labels_nor_test_images_matter(digits: Source) -> None:
    assert isinstance(digits, Images)
    unlabelled = replace(digits, label=torch.full_like(digits.label, -1), classes=())
    empty = replace(digits, images=digits.images[:0], label=digits.label[:0], names=[])
    with_labels = geometry(PIXELS, digits, digits, CPU, classes=10, images=100, views=3)
    assert geometry(PIXELS, unlabelled, empty, CPU, classes=0, images=100, views=3) == with_labels


def test_views_are_drawn_and_features_in_their_order(digits: Source) -> None:
    flipped = replace(PLAIN, flip=1.0)
    seen = look(PIXELS, digits, (PLAIN, PLAIN, flipped), CPU, seed=0)
    assert len(seen) >= len(digits) - 64
    assert torch.equal(seen[:, 0], seen[:, 1])
    mirrored = seen[:, 0].view(-1, 8, 8).flip(2).flatten(1)
    torch.testing.assert_close(seen[:, 2], mirrored)
    own = extract(PIXELS.encoder, digits, PLAIN, runtime=CPU).values
    assert {tuple(row) for row in seen[:, 0].tolist()} <= {tuple(row) for row in own.tolist()}


def test_what_a_view_leaves_alone_is_aligned(digits: Source) -> None:
    maybe = replace(PLAIN, flip=0.5)
    blind = Subject("symmetric", _Symmetric(), PLAIN)
    for subject, ranks in ((blind, 32), (PIXELS, 64)):
        views = look(subject, digits, (maybe,) * 6, CPU, seed=0)
        apart = (views[:, 0] - views[:, 1]).abs().max()
        assert (apart < 1e-5) == (subject is blind)
        assert lidar(views) < ranks


def test_views_have_the_normalisation_that_the_encoder_knows(digits: Source) -> None:
    grey = replace(PLAIN, normalize=Normalize(mean=(0.5,), std=(0.25,)))
    other = geometry(PIXELS._replace(policy=grey), digits, digits, CPU, classes=10, images=50)
    assert "normalize=Normalize(mean=(0.5,)" in other.how["view_policy"]
    assert "size=8" in other.how["view_policy"]


def test_the_encoder_stays_as_it_was_and_seeds_differ(digits: Source) -> None:
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.5), nn.Flatten(), nn.Linear(64, 20))
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    subject, state = Subject("untrained", encoder, PLAIN), torch.get_rng_state()
    one, two = (geometry(subject, digits, digits, CPU, classes=10, images=60) for _ in "ab")
    assert torch.equal(torch.get_rng_state(), state)
    assert encoder.training
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
    assert one == two
    other = geometry(subject, digits, digits, CPU, classes=10, images=60, seed=1)
    assert _values(other)["LiDAR"] != _values(one)["LiDAR"]
    assert other.how["α-ReQ_range"] == "eigenvalues 12 to 20"


def test_collapsed_features_have_numbers(digits: Source) -> None:
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 16))
    nn.init.zeros_(encoder[1].weight)  # type: ignore[arg-type]
    found = geometry(Subject("dead", encoder, PLAIN), digits, digits, CPU, classes=10, images=60)
    values = _values(found)
    assert values["LiDAR"] == pytest.approx(1)
    assert values["RankMe"] == pytest.approx(1, abs=1e-4)
    assert "α-ReQ" not in values
    assert found.how["α-ReQ"] == "too few dimensions to fit a decay"
    with pytest.raises(Exception, match="complete collapse"):
        choose_checkpoint({"dead": values})


def test_settings_out_of_range_are_an_error(digits: Source) -> None:
    for setting in ({"views": 1}, {"images": 1}, {"neighbours": 0}):
        with pytest.raises(UsageError, match="views=2"):
            geometry(PIXELS, digits, digits, CPU, classes=10, **setting)
    assert isinstance(digits, Images)
    one = replace(digits, images=digits.images[:1], label=digits.label[:1], names=["a"])
    with pytest.raises(DataError, match="at least 2 images"):
        geometry(PIXELS, one, digits, CPU, classes=10)
