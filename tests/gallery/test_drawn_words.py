"""The words under a view say what was drawn for it."""

from dataclasses import replace

import pytest
import torch

from lookalike.gallery.drawn_words import words
from lookalike.views.augment_tables import OPERATIONS as NAMES
from lookalike.views.operations import AutoAugment
from lookalike.views.policy import Crop, Policy
from lookalike.views.presets import SINGLE, only
from lookalike.views.render import Chance, Drawn

EXPECTED = {
    "recrop": ([1, 2, 30, 40], "30x40 px of it"),
    "rotate": ([3], "turned 270°"),
    "affine": ([1, 0, 0, 0, 1, 0], "moved"),
    "jitter": ([1.5, 0.25, 1, -0.1, 7], "b 1.50 c 0.25 s 1.00 h -0.10"),
    "drop": ([], "grey"),
    "warp": ([0] * 8, "bent"),
    "blur": ([1.26], "blur 1.3"),
    "motion_blur": ([7.4, 45.2], "7 px at 45°"),
    "sharpness": ([1.5], "sharpness 1.50"),
    "solarize": ([], "solarised"),
    "solarize_add": ([0.21], "dark +0.21"),
    "posterize": ([5], "5 bits"),
    "equalize": ([], "equalised"),
    "invert": ([], "negative"),
    "autocontrast": ([], "stretched"),
    "sobel": ([], "edges"),
    "noise": ([0.05, 0.1, 0.2], "noise 0.050"),
    "cutout": ([3, 4, 12], "hole 12 px"),
    "erase": ([1, 2, 30, 40, 0.1, 0.2], "erased 30x40 px"),
}


def drawn(name: str, numbers: list[float], happens: bool = True) -> Drawn:
    chance = Chance(torch.tensor([happens]), torch.tensor([numbers], dtype=torch.float32))
    return Drawn(torch.tensor([[0, 0, 5, 10]]), torch.tensor([False]), {name: chance})


@pytest.mark.parametrize("name", EXPECTED)
def test_words_of_each_operation(name: str) -> None:
    numbers, said = EXPECTED[name]
    assert " ".join(words(only(name), drawn(name, numbers), 100)) == said
    assert [*words(only(name), drawn(name, numbers, happens=False), 100)] == []


def test_every_operation_but_normalisation_is_covered() -> None:
    assert EXPECTED.keys() == SINGLE.keys() - {"crop", "flip", "augment"}


def test_a_program_is_spelled_out() -> None:
    steps = [NAMES.index("rotate"), 20.4, 0, 0, NAMES.index("identity"), 0, 0, 0]
    steps += [NAMES.index("equalize"), 0, 0, 0]
    policy = replace(only("augment"), augment=AutoAugment())
    assert [*words(policy, drawn("augment", steps), 100)] == ["rotate 20.4", "equalize"]


def test_crop_and_flip() -> None:
    still = Drawn(torch.tensor([[0, 0, 5, 10]]), torch.tensor([True]), {})
    assert [*words(Policy(crop=Crop()), still, 200)] == ["25% of it", "flipped"]
