"""Numbers that studies read from run folders, against slow or known ones."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from lookalike import start
from lookalike.data.opening import open_source
from lookalike.data.sources import Images, chosen
from lookalike.methods.supervised import Supervised
from lookalike.recipe.build import build_method
from lookalike.recipe.schema import Data
from lookalike.run.folder import RunFolder
from lookalike.studies.simclr.histograms import BINS, found_by_colours, histogram, matched
from lookalike.studies.simclr.spectrum import kept, trained, untrained
from lookalike.studies.supcon.controls import own_classifier
from lookalike.training.checkpoint import trained_weights

FIRST = torch.arange(100)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_histograms_are_counts() -> None:
    views = random(3, 2, 5, 5)
    views[0, 0, 0, :2] = torch.tensor([0.0, 1.0])  # white belongs to the last bin
    found = histogram(views)
    for image in range(3):
        for channel in range(2):
            counts = [0.0] * BINS
            for each in views[image, channel].flatten().tolist():
                counts[min(BINS - 1, int(each * BINS))] += 1 / 25
            own = found[image, channel * BINS : (channel + 1) * BINS]
            assert own.tolist() == pytest.approx(counts)


def test_views_of_one_colour_are_found_and_others_are_not() -> None:
    grey = torch.linspace(0, 1, 20)[:, None, None, None].expand(20, 3, 4, 4)
    assert matched(grey, grey.flip(2)) == 1
    assert matched(grey, grey.roll(1, dims=0)) == 0


def test_the_spectrum_of_known_matrices() -> None:
    assert kept(torch.eye(50)) == 90
    assert kept(torch.outer(random(50), random(50, seed=1))) == 2  # one of 50
    chance = torch.Generator().manual_seed(0)
    assert kept(torch.randn(400, 400, generator=chance)) == pytest.approx(
        68.4, abs=2
    )  # circular law


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def test_the_heads_spectrum_is_read_from_the_run(folder: Path) -> None:
    words = ("method.projector=linear", "method.outputs=64", "duration=1 steps", "batch=32")
    run = start.pretrain(
        "simclr-cifar10-small", *words, data="shapes", out=folder / "s", evaluate=False, quiet=True
    )
    assert run
    weights = trained_weights(RunFolder(run.path).checkpoints)
    assert trained(run.path) == kept(weights["projector.0.weight"])
    assert untrained(run.path) == pytest.approx(68.4, abs=6)
    assert 0 <= found_by_colours(run.path) < 60  # distorted colours do not tell


def test_the_own_classifier_is_the_methods(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("duration=3 steps", "batch=64", "warmup=0 steps")
    out = folder / "c"
    run = start.pretrain(
        "supervised-cifar10-small", *words, data="shapes", out=out, evaluate=False, quiet=True
    )
    assert run
    test = open_source("shapes", "test")
    assert isinstance(test, Images)
    method = build_method(run.recipe, 3, len(test.classes)).eval()
    method.load_state_dict(trained_weights(RunFolder(run.path).checkpoints))
    assert isinstance(method, Supervised)
    views = torch.stack([run.load().transform(picture) for picture in test.images[:100]])
    with torch.inference_mode():
        guess = method.classifier(method.encoder(views)).argmax(dim=1)
    monkeypatch.setattr("lookalike.data.opening.open_source", lambda *_, **__: chosen(test, FIRST))
    right = (guess == test.label[:100]).double().mean()
    assert own_classifier(run.path) == pytest.approx(100 * float(right), abs=1)


def test_recipes_without_noise_are_those_of_before_there_was_any() -> None:
    assert "label_noise" not in Data().model_dump(mode="json")
    noisy = Data(label_noise=0.25)
    assert Data.model_validate(noisy.model_dump(mode="json")) == noisy
