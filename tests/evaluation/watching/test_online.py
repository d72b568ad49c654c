"""Monitors while training: right numbers at the right updates, and nothing else changes."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.neighbors import KNeighborsClassifier
from torch import nn

from lookalike.data.opening import open_source
from lookalike.data.sources import Images, Photos, Source
from lookalike.evaluation.unlabelled.spectrum import describe
from lookalike.evaluation.watching import watched
from lookalike.evaluation.watching.online import Health, OnlineKNN
from lookalike.method import Batch, Step
from lookalike.training.monitors import Moment
from lookalike.training.runtime import Runtime
from lookalike.views.operations import Affine
from lookalike.views.policy import Fit, Policy

CPU = Runtime(torch.device("cpu"), torch.float32)
PLAIN = Policy(size=8, crop=Fit(), flip=0.0)
MOVED = Policy(size=8, crop=Fit(), flip=0.0, affine=Affine())


class _Method(NamedTuple):
    """All that a monitor asks of a method."""

    kept: nn.Module


class _Counted(nn.Module):
    """Pixels as features; counts the images it has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.norm = nn.BatchNorm2d(1)
        self.drop = nn.Dropout(0.5)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen += len(images)
        return self.drop(self.norm(images)).flatten(1)


def _moment(encoder: nn.Module, update: int = 99, updates: int = 100) -> Moment:
    step = Step(torch.zeros(()), torch.zeros(1, 1), {})
    batch = Batch((torch.zeros(1, 1, 8, 8),), *(torch.zeros(1, dtype=torch.int64),) * 3)
    return Moment(update, updates, step, 0.1, _Method(encoder), 1, batch)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def digits() -> Source:
    return open_source("digits", "train")


def test_knn_is_leave_one_out_over_labelled_training_images(digits: Source) -> None:
    monitor = OnlineKNN(digits, PLAIN, CPU, every=1, limit=300)
    found = monitor.after_update(_moment(_Counted()), {})
    assert list(found) == ["knn"]
    # scikit-learn's classifier with the same votes, asked image by image.
    sample = monitor._watched.sample
    assert len(sample.label) == 300
    values = sample.views[0].double().flatten(1)
    unit = (values / values.norm(dim=1, keepdim=True)).numpy()
    right = 0
    for i in range(300):
        rest = [j for j in range(300) if j != i]
        model = KNeighborsClassifier(
            20, weights=lambda d: torch.exp(torch.from_numpy(1 - d**2 / 2) / 0.07).numpy()
        )
        right += model.fit(unit[rest], sample.label[rest]).predict(unit[i : i + 1])[0] == int(
            sample.label[i]
        )
    assert found["knn"] == pytest.approx(right / 300, abs=1.1 / 300)


def test_health_describes_the_first_view_and_compares_the_second(digits: Source) -> None:
    monitor = Health(digits, (PLAIN, MOVED), CPU, every=1, limit=200)
    found = monitor.after_update(_moment(_Counted()), {})
    assert list(found) == ["spread", "effective_rank", "rank_share", "uniformity", "alignment"]
    first = monitor._watched.sample.views[0].float().flatten(1)
    expected = describe(first)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-3)
    same = Health(digits, (PLAIN, PLAIN), CPU, every=1, limit=200)
    assert found["alignment"] > 0.05
    assert same.after_update(_moment(_Counted()), {})["alignment"] == 0
    alone = Health(digits, (PLAIN,), CPU, every=1, limit=200)
    assert "alignment" not in alone.after_update(_moment(_Counted()), {})


def test_looks_come_every_so_many_updates_and_at_the_last(digits: Source) -> None:
    for monitor in (
        OnlineKNN(digits, PLAIN, CPU, every=10, limit=50),
        Health(digits, (PLAIN, PLAIN), CPU, every=10, limit=50),
    ):
        due = [u for u in range(25) if monitor.after_update(_moment(_Counted(), u, 25), {})]
        assert due == [9, 19, 24]


def test_nothing_of_the_encoder_or_of_randomness_changes(digits: Source) -> None:
    encoder = _Counted().train()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    state = torch.get_rng_state()
    for monitor in (
        OnlineKNN(digits, PLAIN, CPU, every=1, limit=100),
        Health(digits, (MOVED, MOVED), CPU, every=1, limit=100),
    ):
        one, two = (monitor.after_update(_moment(encoder), {}) for _ in range(2))
        assert one == two
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
    assert all(module.training for module in encoder.modules())


def test_a_look_costs_no_more_passes_than_it_says(digits: Source) -> None:
    encoder = _Counted()
    OnlineKNN(digits, PLAIN, CPU, every=1).after_update(_moment(encoder), {})
    Health(digits, (PLAIN, PLAIN), CPU, every=1).after_update(_moment(encoder), {})
    assert 1250 + 1000 <= encoder.seen <= 3000  # 1,348 digits


def test_views_held_are_bounded(digits: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "_BYTES", 2 * 64 * 2 * 40)  # room for 40 pairs of 8 × 8 views
    monitor = Health(digits, (PLAIN, PLAIN), CPU, every=1)
    monitor.after_update(_moment(_Counted()), {})
    assert len(monitor._watched.sample.label) == 40


def _partly(digits: Source, keep: int) -> Images:
    assert isinstance(digits, Images)
    label = torch.full_like(digits.label, -1)
    label[:keep] = digits.label[:keep]
    parts = {name: getattr(digits, name) for name in digits.__dataclass_fields__}
    return Images(**{**parts, "label": label})


def test_only_labelled_images_are_neighbours(digits: Source) -> None:
    monitor = OnlineKNN(_partly(digits, 60), PLAIN, CPU, every=1)
    assert monitor.after_update(_moment(_Counted()), {})["knn"] > 0.3
    assert 40 <= len(monitor._watched.sample.label) <= 60
    assert (monitor._watched.sample.label >= 0).all()


@pytest.mark.parametrize("keep", [0, 1])
def test_without_labels_there_is_no_knn_and_no_error(digits: Source, keep: int) -> None:
    monitor = OnlineKNN(_partly(digits, keep), PLAIN, CPU, every=1)
    assert monitor.after_update(_moment(_Counted()), {}) == {}


def test_photos_without_labels_are_watched_too(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for number in range(70):
        pixels = generator.integers(0, 256, (20 + number, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    source = open_source(tmp_path)
    assert isinstance(source, Photos)
    crop = Policy(size=16)
    found = Health(source, (crop, crop), CPU, every=1).after_update(_moment(nn.Flatten()), {})
    assert 0 < found["alignment"] < 2
    assert OnlineKNN(source, crop, CPU, every=1).after_update(_moment(nn.Flatten()), {}) == {}
