"""Corrupting 8-bit images: by key alone, stronger with severity, grey like colour."""

import inspect
import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lookalike.errors import UsageError
from lookalike.evaluation.corruptions import EXTRA, KINDS, apply
from lookalike.evaluation.corruptions.apply import corrupt, corrupted_copy
from lookalike.evaluation.corruptions.severity import SEVERITIES, side_of
from lookalike.randomness import image_keys
from lookalike.views.policy import Crop, Policy
from lookalike.views.render import render

ALL = (*KINDS, *EXTRA)
NOT_GROWING = ("saturate", "glass_blur", "elastic_transform", "spatter", "frost")
"""Those whose constants change pixels less in some higher severity, on photos, too: frost is added
to an image that is dimmed at the same time."""


def _pictures(count: int, side: int, channels: int = 3) -> torch.Tensor:
    """Coloured texture with flat parts, where a rounding error would show."""
    key = image_keys(0, 0, torch.arange(count))
    generator = np.random.default_rng(0)
    coarse = torch.from_numpy(generator.integers(0, 256, (count, channels, 24, 24), dtype=np.uint8))
    policy = Policy(size=side, crop=Crop(), flip=0.0)
    pictures = (render(coarse, policy, key, 0) * 255).round().to(torch.uint8)
    pictures[:, :, : side // 4] = 128
    pictures[:, :, :, -side // 5 :] = 255
    return pictures


def _change(pictures: torch.Tensor, corrupted: torch.Tensor) -> float:
    return (pictures.double() - corrupted.double()).abs().mean().item()


def test_there_are_15_kinds_and_4_more_with_5_severities_at_3_sides() -> None:
    assert (len(KINDS), len(EXTRA)) == (15, 4)
    assert set(SEVERITIES) == set(ALL)
    for kind in ALL:
        assert set(SEVERITIES[kind]) == {32, 64, 224}
        parameters = inspect.signature(apply._function(kind)).parameters.values()
        several = any(each.kind is each.VAR_POSITIONAL for each in parameters)  # zoom factors
        for constants in (each for five in SEVERITIES[kind].values() for each in five):
            assert several or len(constants) == len(parameters) - 2


@pytest.mark.parametrize(
    ("kind", "side", "severity", "constants"),
    [
        ("gaussian_noise", 224, 5, (0.38,)),
        ("zoom_blur", 224, 5, tuple(1 + 0.03 * i for i in range(11))),
        ("zoom_blur", 64, 1, (1, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06)),
        ("elastic_transform", 224, 1, (244 * 2, 244 * 0.7, 244 * 0.1)),
        ("elastic_transform", 32, 3, (32 * 0.08, 32 * 0.06, 32 * 0.06)),
        ("elastic_transform", 64, 5, (64 * 0.16, 64 * 0.03, 64 * 0.02)),
        ("snow", 64, 3, (0.15, 0.3, 1.75, 0.55, 10, 4, 0.7)),
        ("saturate", 64, 5, (30, 0.2)),
        ("contrast", 64, 1, (0.4,)),
    ],
)
def test_constants(kind: str, side: int, severity: int, constants: tuple[float, ...]) -> None:
    assert SEVERITIES[kind][side][severity - 1] == pytest.approx(constants)


@pytest.mark.parametrize(
    ("size", "side"), [(8, 32), (28, 32), (45, 32), (46, 64), (96, 64), (128, 224), (448, 224)]
)
def test_other_sizes_take_the_nearest_constants_in_ratio(size: int, side: int) -> None:
    assert side_of(size) == side


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_depends_on_its_key_alone(
    kind: str, channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, key = _pictures(9, 33, channels), image_keys(4, 0, torch.arange(9))
    together = corrupt(pictures, kind, 5, key)
    assert together.dtype == torch.uint8
    assert together.shape == pictures.shape
    assert not torch.equal(together, pictures)
    backwards = corrupt(pictures.flip(0), kind, 5, key.flip(0)).flip(0)
    alone = torch.cat([corrupt(pictures[i : i + 1], kind, 5, key[i : i + 1]) for i in range(9)])
    monkeypatch.setattr(apply, "_VALUES", 2 * pictures[0].numel())
    in_pieces = corrupt(pictures, kind, 5, key)
    for other in (backwards, alone, in_pieces):
        assert torch.equal(other, together)


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind not in NOT_GROWING])
def test_a_higher_severity_changes_more(kind: str) -> None:
    pictures, key = _pictures(24, 32), image_keys(2, 0, torch.arange(24))
    changes = [_change(pictures, corrupt(pictures, kind, s, key)) for s in range(1, 6)]
    assert changes == sorted(changes), changes
    assert changes[4] > 1.2 * changes[0] > 0


@pytest.mark.parametrize("kind", ALL)
def test_grey_is_grey(kind: str) -> None:
    """Grey images change about as much as the same images in three equal channels."""
    grey, key = _pictures(24, 32, 1), image_keys(2, 0, torch.arange(24))
    single = corrupt(grey, kind, 3, key)
    triple = corrupt(grey.expand(-1, 3, -1, -1).contiguous(), kind, 3, key)
    expected = _change(grey.expand(-1, 3, -1, -1), triple)
    assert _change(grey, single) == pytest.approx(expected, rel=0.25, abs=0.5)


@pytest.mark.parametrize("kind", ["gaussian_noise", "glass_blur", "snow"])
def test_copies_differ_in_their_chance_by_image_severity_kind_and_seed(kind: str) -> None:
    same = _pictures(1, 32).expand(2, -1, -1, -1)
    image = torch.tensor([7, 8])
    copy = corrupted_copy(same, kind, 2, image, seed=0)
    assert torch.equal(copy, corrupted_copy(same, kind, 2, image, seed=0))
    assert not torch.equal(copy[0], copy[1])
    assert not torch.equal(copy, corrupted_copy(same, kind, 2, image, seed=1))
    alone = corrupted_copy(same[1:], kind, 2, image[1:], seed=0)
    assert torch.equal(copy[1:], alone)


def test_noise_of_two_severities_is_independent() -> None:
    grey = torch.full((1, 3, 32, 32), 128, dtype=torch.uint8)
    copies = [
        corrupted_copy(grey, "gaussian_noise", s, torch.zeros(1).long(), seed=0) for s in (4, 5)
    ]
    noise: Any = np.corrcoef([(copy.double() - 128).flatten().numpy() for copy in copies])
    assert abs(noise[0, 1]) < 0.08


def test_copies_at_224_pixels_are_saved_as_imagenet_c_is() -> None:
    pictures, image = _pictures(1, 160), torch.tensor([3])
    key = image_keys(apply.number("corruption", 0, "contrast"), 2, image)
    raw = corrupt(pictures, "contrast", 2, key)[0].permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(raw).save(file, "JPEG", quality=85)
    copy = corrupted_copy(pictures, "contrast", 2, image, seed=0)[0].permute(1, 2, 0).numpy()
    assert np.array_equal(copy, np.asarray(Image.open(file)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "snwo"}, "no kind of corruption called 'snwo'"),
        ({"severity": 0}, "Severities are 1 to 5, not 0"),
        ({"severity": 6}, "Severities are 1 to 5, not 6"),
        ({"side": 96}, "sides of 32, 64 and 224 pixels, not 96"),
        ({"images": torch.zeros(1, 4, 8, 8, dtype=torch.uint8)}, "4 channels cannot be corrupted"),
    ],
)
def test_what_cannot_be_is_an_error(settings: dict[str, Any], message: str) -> None:
    usual = {"images": _pictures(1, 8), "kind": "snow", "severity": 1, "key": torch.zeros(1).long()}
    with pytest.raises(UsageError, match=message):
        corrupt(**(usual | settings))
