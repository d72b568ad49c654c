"""Training that learns nothing is named within three epochs; healthy training is left in peace."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lookalike.evaluation.watching.alarm import Alarm
from lookalike.evaluation.watching.divergence import Divergence
from lookalike.evaluation.watching.told import Told
from lookalike.training.monitors import Basics
from reliability.short import PER_EPOCH, train_shortly


def told(folder: Path, what: str, *changes: str, **how: Any) -> str:
    """What is said before three epochs of a recipe, and in them."""
    said: list[str] = []
    tell = Told(folder, said.append, start=0, updates_per_epoch=PER_EPOCH)
    alarm = Alarm(tell, updates_per_epoch=PER_EPOCH, checks=[Divergence()])
    before = train_shortly(what, *changes, watchers=lambda *_: [Basics(), alarm], **how)
    return "\n".join([*before, *said])


class Forced(NamedTuple):
    """A way to learn nothing: the recipe, what is done to it, and what must be said."""

    what: str
    changes: tuple[str, ...]
    how: dict[str, Any]
    words: str


FORCED = {
    "no stopped gradient": Forced("simsiam", ("method.stop_gradient=false",), {}, "stopped grad"),
    "no predictor": Forced("byol", ("method.predictor=none",), {}, "without its predictor"),
    "no slow target": Forced("byol", ("method.target_decay=0",), {}, "target_decay=0"),
    "rate x 100": Forced("simclr", (), {"times": 100.0}, "rate is too high"),
    "rate x 100, AdamW": Forced("mae", (), {"times": 100.0}, "rate is too high"),
    "temperature": Forced("simclr", ("method.temperature=1000",), {}, "temperature is too high"),
    "nothing hidden": Forced("mae", ("method.mask_ratio=0",), {}, "raise method.mask_ratio"),
    "constant images": Forced("simclr", (), {"blank": True}, "pictures are blank"),
    "blurred targets": Forced("dino", ("method.target_temperature=0.5",), {}, "collapse"),
    "views off": Forced("simclr", ("views.affine=null",), {}, "views of an image are all the same"),
}
GATE = {"rate x 100", "temperature", "constant images"}


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        pytest.param(name, seed, marks=() if name in GATE and seed == 0 else pytest.mark.nightly)
        for name in FORCED
        for seed in range(3)
    ],
)
def test_what_learns_nothing_is_named(name: str, seed: int, tmp_path: Path) -> None:
    forced = FORCED[name]
    said = told(tmp_path, f"{forced.what}-digits", *forced.changes, seed=seed, **forced.how)
    assert forced.words in said, said


PAPERS = ("simclr", "supcon", "byol", "mae")
FAMILY = (
    "simsiam", "moco", "moco-v3", "vicreg", "dino", "nnclr", "swav", "supervised", "rotation",
    "denoising",
)  # fmt: skip
HEALTHY = [
    *((f"{method}-digits", "digits", 0) for method in PAPERS),
    *((f"{method}-digits", "digits", 1) for method in PAPERS),
    *((f"{method}-digits", "digits", 0) for method in FAMILY),
    *((f"{method}-cifar10-small", "shapes", 0) for method in ("simclr", "byol")),
]


@pytest.mark.parametrize(
    ("recipe", "data", "seed"),
    [
        pytest.param(*run, marks=() if i < 4 else pytest.mark.nightly)
        for i, run in enumerate(HEALTHY)
    ],
)
def test_healthy_training_is_left_in_peace(
    recipe: str, data: str, seed: int, tmp_path: Path
) -> None:
    assert told(tmp_path, recipe, data=data, seed=seed) == ""
