"""Probes of encoders that are blind to one change or another."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from lookalike.data.opening import open_source
from lookalike.data.sources import Images, Source, chosen
from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import Features
from lookalike.evaluation.kept import invariance
from lookalike.evaluation.kept.changes import embed_versions, questions
from lookalike.evaluation.kept.invariance import CHANCE, transformations
from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.subject import Pixels, Subject
from lookalike.training.runtime import Runtime
from lookalike.views.colour import drop
from lookalike.views.kernels import sobel
from lookalike.views.operations import Normalize
from lookalike.views.policy import Fit, Policy

CPU = Runtime(torch.device("cpu"), torch.float32)
PLAIN = Policy(size=8, crop=Fit(), flip=0.0)


class _Sorted(nn.Module):
    """Knows which values there are, not where; so it is blind to turns."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1).sort(1).values


class _Lightness(nn.Module):
    """Sees the grey image only."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return drop(images)[:, 0].flatten(1)


class _Chroma(nn.Module):
    """Sees how far each pixel is from grey."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return (images.amax(1) - images.amin(1)).flatten(1)


class _Mean(nn.Module):
    """Sees how light the whole image is."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1).mean(1, keepdim=True)


@pytest.fixture(scope="module")
def digits() -> tuple[Source, Source]:
    return open_source("digits", "train"), open_source("digits", "test")


@pytest.fixture(scope="module")
def coloured() -> tuple[Source, Source]:
    return tuple(  # type: ignore[return-value]
        chosen(open_source("shapes", part), torch.arange(150)) for part in ("train", "test")
    )


def _found(
    encoder: nn.Module, sources: tuple[Source, Source], **settings: object
) -> dict[str, Estimate]:
    subject = Subject("it", encoder, PLAIN)
    classes = len(sources[0].classes)
    found = transformations(subject, *sources, CPU, classes=classes, **settings)  # type: ignore[arg-type]
    assert isinstance(found.result, dict)
    assert found.how["chance"] == {name: CHANCE[name] for name in found.result}
    return found.result


def test_turns_are_told_by_pixels_and_not_by_sorted_ones(
    digits: tuple[Source, Source],
) -> None:
    pixels = _found(Pixels(), digits, images=120, hidden=32)
    blind = _found(_Sorted(), digits, images=120, hidden=32)
    assert pixels["rotation"].value > 0.7
    assert blind["rotation"].value == pytest.approx(0.25)
    # Every image is right once in four, so chance has hardly a part in it.
    assert blind["rotation"].high - blind["rotation"].low < 0.03
    assert blind["original or Sobel"].value > 0.9
    assert "colour or grey" not in pixels


def test_an_encoder_of_lightness_does_not_know_of_colour(
    coloured: tuple[Source, Source],
) -> None:
    blind = _found(_Lightness(), coloured, probe="linear")["colour or grey"]
    seeing = _found(_Chroma(), coloured, probe="linear")["colour or grey"]
    assert blind.value == pytest.approx(0.8, abs=0.04)
    assert seeing.value > 0.95


def test_stronger_noise_is_easier_to_tell(digits: tuple[Source, Source]) -> None:
    weak, strong = (
        _found(_Mean(), digits, images=150, probe="linear", level=level)["original or noise"].value
        for level in (0.01, 0.5)
    )
    assert weak == pytest.approx(0.5, abs=0.1)
    assert strong > 0.75


def test_versions_are_changed_before_they_are_standardised(
    coloured: tuple[Source, Source],
) -> None:
    source = coloured[0]
    assert isinstance(source, Images)
    normalize = Normalize(mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))
    subject = Subject("pixels", Pixels(), replace(PLAIN, size=32, normalize=normalize))
    found = embed_versions(subject, source, CPU, seed=0, workers=0, level=0.2)
    images = source.images.float() / 255
    mean, std = (torch.tensor(n)[:, None, None] for n in (normalize.mean, normalize.std))
    expected = {
        "turned 0": images,
        "turned 1": images.rot90(1, (2, 3)),
        "turned 2": images.flip(2, 3),
        "turned 3": images.rot90(3, (2, 3)),
        "sobel": sobel(images),
        "grey": drop(images),
    }
    for name, version in expected.items():
        whole = ((version - mean) / std).flatten(1)
        torch.testing.assert_close(found[name], whole, atol=1e-5, rtol=1e-5)
    noisy = found["noise"].view_as(images) * std + mean
    middle = (images > 0.3) & (images < 0.7)
    assert (noisy - images)[middle].std() == pytest.approx(0.2, rel=0.05)
    assert noisy.min() >= -1e-6


def test_noise_of_other_seeds_differs(digits: tuple[Source, Source]) -> None:
    subject = Subject("pixels", Pixels(), PLAIN)
    few = chosen(digits[0], torch.arange(20))
    one, two, same = (
        embed_versions(subject, few, CPU, seed=seed, workers=0, level=0.1)["noise"]
        for seed in (0, 1, 0)
    )
    assert torch.equal(one, same)
    assert (one != two).float().mean() > 0.3  # black and white values are often clipped


def test_a_fifth_of_the_images_loses_its_colour() -> None:
    names = [f"turned {turn}" for turn in range(4)]
    versions = {
        name: torch.full((50, 1), float(place))
        for place, name in enumerate([*names, "noise", "sobel", "grey"])
    }
    found = questions(versions, seed=0)
    assert list(found) == ["rotation", "original or noise", "original or Sobel", "colour or grey"]
    grey = found["colour or grey"]
    assert grey.label.sum() == 10
    assert torch.equal(grey.values[:, 0], 6.0 * grey.label)
    assert torch.equal(found["rotation"].values[:, 0], found["rotation"].label.float())
    noise = found["original or noise"]
    assert torch.equal(noise.values[:, 0], 4.0 * noise.label)
    assert noise.image.tolist() == [*range(50), *range(50)]


def test_right_answers_are_counted_for_each_image() -> None:
    label = torch.arange(4).repeat_interleave(40)
    image = torch.arange(40).repeat(4)
    train = Features(torch.eye(4)[label], label, image)
    values = train.values.clone()
    values[image < 10] = torch.tensor([1.0, 0, 0, 0])  # these seem never turned
    found = invariance._right(train, train._replace(values=values), "linear", 1, seed=0)
    assert found.tolist() == [0.25] * 10 + [1.0] * 30


def test_what_cannot_be_asked_is_an_error(digits: tuple[Source, Source]) -> None:
    for setting in ({"images": 49}, {"hidden": 0}, {"level": 0.0}):
        with pytest.raises(UsageError, match="images=50"):
            _found(Pixels(), digits, **setting)
    with pytest.raises(DataError, match="50 training images, and there are 30"):
        _found(Pixels(), (chosen(digits[0], torch.arange(30)), digits[1]))
