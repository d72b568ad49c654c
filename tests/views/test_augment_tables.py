"""Tables, chances and what levels mean, against torchvision, timm and the fact sheet."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from functools import partial

import pytest
import torch
from scipy import stats
from timm.data.auto_augment import auto_augment_policy_v0, rand_augment_transform
from torch import Tensor
from torchvision.transforms import autoaugment as torchvision

from lookalike.randomness import image_keys, uniform
from lookalike.views.augment import draw_augment
from lookalike.views.augment_tables import (
    AUTO_FORMS,
    OPERATIONS,
    RAND_FORMS,
    RAND_OPERATIONS,
    SUB_POLICIES,
)
from lookalike.views.operations import AutoAugment, RandAugment

OURS = {"Color": "saturation", "AutoContrast": "autocontrast"}
TABLES = {
    "imagenet": torchvision.AutoAugmentPolicy.IMAGENET,
    "cifar10": torchvision.AutoAugmentPolicy.CIFAR10,
}
ENHANCERS = ("brightness", "contrast", "saturation", "sharpness")
NONE = ("identity", "equalize", "autocontrast", "invert")
COUNT = 20_000
HPARAMS = {"translate_const": 250, "img_mean": (128, 128, 128)}


def ours(name: str) -> str:
    """Our name for one of torchvision's or timm's operations."""
    name = re.sub("Increasing$|Rel$", "", name)
    return OURS.get(name) or re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize("table", TABLES)
def test_torchvisions_pairs(table: str) -> None:
    theirs = tuple(
        tuple((ours(name), probability, level) for name, probability, level in pair)
        for pair in torchvision.AutoAugment(TABLES[table]).policies
    )
    assert SUB_POLICIES[table] == theirs


def test_v0_is_also_timms() -> None:
    """timm gives levels to operations without argument as well, as the source of both does."""
    theirs = tuple(
        tuple((ours(op.name), op.prob, op.magnitude) for op in pair)
        for pair in auto_augment_policy_v0(HPARAMS)
    )
    assert len(theirs) == 25
    assert SUB_POLICIES["v0"] == theirs


def test_what_rand_augment_draws_from() -> None:
    theirs = torchvision.RandAugment()._augmentation_space(31, (32, 32))
    assert sorted(RAND_OPERATIONS["torchvision"]) == sorted(ours(name) for name in theirs)
    timms = [ours(op.name) for op in rand_augment_transform("rand-m9-mstd0.5-inc1", HPARAMS).ops]
    assert sorted(RAND_OPERATIONS["timm"]) == sorted(timms)
    counts = [len(RAND_OPERATIONS[form]) for form in ("torchvision", "tensorflow", "timm")]
    assert counts == [14, 17, 15]


def test_every_operation_is_known_and_has_its_argument() -> None:
    for form, names in RAND_OPERATIONS.items():
        assert len(set(names)) == len(names)
        assert set(names) <= set(OPERATIONS)
        assert set(names) - set(NONE) == set(RAND_FORMS[form].spans)
    for table, pairs in SUB_POLICIES.items():
        assert {name for pair in pairs for name, _, _ in pair} - set(NONE) <= set(
            AUTO_FORMS[table].spans
        )
        for pair in pairs:
            for name, probability, level in pair:
                assert 0 <= probability <= 1
                assert name in NONE or 0 <= level <= AUTO_FORMS[table].top


def drawn(settings: AutoAugment | RandAugment, size: int = 32) -> Tensor:
    uniforms = partial(uniform, image_keys(0, 0, torch.arange(COUNT)), "test")
    return draw_augment(settings, uniforms, size)


def values(settings: AutoAugment | RandAugment, size: int) -> dict[str, set[float]]:
    """All arguments with which each operation is drawn."""
    steps = drawn(settings, size).flatten(0, 1)
    found = {
        name: steps[steps[:, 0] == number, 1].unique().tolist()
        for number, name in enumerate(OPERATIONS)
    }
    return {name: rounded(numbers) for name, numbers in found.items() if numbers}


def rounded(numbers: Iterable[float]) -> set[float]:
    return {round(number, 3) + 0.0 for number in numbers}


def torchvisions(space: dict[str, tuple[Tensor, bool]], name: str, bins: set[int]) -> set[float]:
    """The arguments that torchvision makes of some bins."""
    magnitudes, signed = space[name]
    if magnitudes.ndim == 0:
        return {0.0}
    numbers = magnitudes[list(bins)].tolist()
    numbers = [int(number) if name.startswith("Translate") else number for number in numbers]
    middle = 1 if ours(name) in ENHANCERS else 0
    return rounded(middle + sign * n for n in numbers for sign in ((-1, 1) if signed else (1,)))


@pytest.mark.parametrize("size", [32, 224])
@pytest.mark.parametrize("table", TABLES)
def test_pairs_have_torchvisions_arguments(table: str, size: int) -> None:
    policy = torchvision.AutoAugment(TABLES[table])
    space = policy._augmentation_space(10, (size, size))
    bins: dict[str, set[int]] = {}
    for name, probability, level in (use for pair in policy.policies for use in pair):
        if probability > 0:
            bins.setdefault(name, set()).add(level or 0)
    expected = {ours(name): torchvisions(space, name, some) for name, some in bins.items()}
    assert values(AutoAugment(table=table), size) == expected | {"identity": {0.0}}


@pytest.mark.parametrize("magnitude", [0, 1, 9, 14, 17, 23, 30])
def test_layers_have_torchvisions_arguments(magnitude: int) -> None:
    space = torchvision.RandAugment()._augmentation_space(31, (96, 96))
    expected = {ours(name): torchvisions(space, name, {magnitude}) for name in space}
    assert values(RandAugment(magnitude=magnitude), 96) == expected


@pytest.mark.parametrize("magnitude", [0.0, 0.7, 2.6, 3.3, 5.0, 7.9, 9.4])
def test_layers_have_timms_arguments(magnitude: float) -> None:
    drawn = values(RandAugment(form="timm", magnitude=magnitude), 50)
    for op in rand_augment_transform("rand-m9-mstd0.5-inc1", HPARAMS).ops:
        if op.level_fn is None:
            assert drawn[ours(op.name)] == {0.0}
        else:
            side = 50 if op.name.startswith("Translate") else 1
            several = rounded(side * op.level_fn(magnitude, {})[0] for _ in range(50))
            assert drawn[ours(op.name)] == several


@pytest.mark.parametrize(
    ("form", "level", "turn", "shear", "shift", "factors", "bits", "threshold", "more", "half"),
    [
        ("tensorflow", 10, 30, 0.3, 100, {1.9}, 4, 256, 110, 40),
        ("tensorflow", 5, 15, 0.15, 50, {1.0}, 2, 128, 55, 20),
        ("tensorflow", 3, 9, 0.09, 30, {0.64}, 1, 76, 33, 12),
        ("timm", 10, 30, 0.3, 90, {0.1, 1.9}, 0, 0, 110, None),
        ("timm", 9, 27, 0.27, 81, {0.19, 1.81}, 1, 26, 99, None),
        ("timm", 4, 12, 0.12, 36, {0.64, 1.36}, 3, 154, 44, None),
    ],
)
def test_layers_have_the_fact_sheets_arguments(
    form: str,
    level: int,
    turn: float,
    shear: float,
    shift: float,
    factors: set[float],
    bits: int,
    threshold: int,
    more: int,
    half: int | None,
) -> None:
    """By hand from papers.md 6.5 and 6.6, for views of 200 pixels."""
    drawn = values(RandAugment(form=form, magnitude=level), 200)
    assert drawn["rotate"] == {-turn, turn}
    assert drawn["shear_x"] == drawn["shear_y"] == {-shear, shear}
    assert drawn["translate_x"] == drawn["translate_y"] == {-shift, shift}
    assert all(drawn[name] == factors for name in ENHANCERS)
    assert (drawn["posterize"], drawn["solarize"]) == ({bits}, {threshold})
    assert drawn["solarize_add"] == {more}
    assert drawn.get("cutout") == (None if half is None else {half})


def test_v0_has_the_fact_sheets_arguments() -> None:
    """By hand from papers.md 6.6; views of 32 pixels are moved by 225 pixels all the same."""
    assert values(AutoAugment(table="v0"), 32) == {
        **{name: {0} for name in NONE},
        "rotate": {0, -6, 6, -15, 15, -21, 21, -24, 24, -27, 27},
        "shear_x": {-0.27, 0.27},
        "shear_y": {0, -0.09, 0.09, -0.12, 0.12, -0.21, 0.21},
        "translate_y": {-225, 225},
        "saturation": {0.1, 0.28, 0.82, 1.18, 1.36, 1.72},
        "posterize": {0, 2},
        "solarize": {51, 76, 102, 204, 256},
        "solarize_add": {33, 77},
    }


@pytest.mark.parametrize("table", SUB_POLICIES)
def test_pairs_are_drawn_evenly(table: str) -> None:
    """Chi-square over what happens first and second; "identity" where an operation does not."""
    chances: Counter[tuple[str, str]] = Counter()
    for (first, p, _), (second, q, _) in SUB_POLICIES[table]:
        for one, share in ((first, p), ("identity", 1 - p)):
            for two, part in ((second, q), ("identity", 1 - q)):
                chances[one, two] += share * part / 25
    rows = drawn(AutoAugment(table=table))[..., 0].int().tolist()
    seen = Counter((OPERATIONS[one], OPERATIONS[two]) for one, two in rows)
    likely = [pair for pair, chance in chances.items() if chance > 0]
    assert set(seen) <= set(likely)
    observed = [seen[pair] for pair in likely]
    assert stats.chisquare(observed, [COUNT * chances[pair] for pair in likely]).pvalue > 1e-3


@pytest.mark.parametrize(("form", "count"), [("torchvision", 14), ("tensorflow", 17), ("timm", 15)])
def test_layers_are_drawn_evenly_and_independently(form: str, count: int) -> None:
    steps = drawn(RandAugment(form=form, layers=3))[..., 0].int()
    assert steps.shape == (COUNT, 3)
    for layer in steps.T:
        counts = torch.bincount(layer)
        assert stats.chisquare(counts[counts > 0].numpy()).pvalue > 1e-3
        assert (counts > 0).sum() == count
    for one, two in ((0, 1), (1, 2), (0, 2)):
        table = torch.bincount(steps[:, one] * 17 + steps[:, two], minlength=289).view(17, 17)
        table = table[table.sum(1) > 0][:, table.sum(0) > 0]
        assert stats.chi2_contingency(table.numpy()).pvalue > 1e-3


def test_tables_do_not_need_torch() -> None:
    code = "import sys, lookalike.views.augment_tables; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
