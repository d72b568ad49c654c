"""The evaluation against `linear` on corrupted images made one kind at a time; stored sets."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from lookalike import files
from lookalike.data.opening import open_source
from lookalike.data.sources import Images, Source, chosen
from lookalike.errors import UsageError
from lookalike.evaluation.corruptions import EXTRA, KINDS
from lookalike.evaluation.corruptions.apply import corrupted_copy
from lookalike.evaluation.corruptions.robustness import calibration_error, corruptions
from lookalike.evaluation.corruptions.stored import write_set
from lookalike.evaluation.features import Features, extract
from lookalike.evaluation.metrics import Outcome
from lookalike.evaluation.probes.linear import linear
from lookalike.evaluation.subject import Pixels, Subject
from lookalike.training.runtime import Runtime
from lookalike.views.operations import Normalize
from lookalike.views.policy import Fit, Policy

CPU = Runtime(torch.device("cpu"), torch.float32)
PLAIN = Policy(size=8, crop=Fit(), flip=0.0, normalize=Normalize(mean=(0.3,), std=(0.4,)))
SUBJECT = Subject("pixels", Pixels(), PLAIN)


@pytest.fixture(scope="module")
def digits() -> tuple[Source, Source]:
    train, test = (open_source("digits", split) for split in ("train", "test"))
    return chosen(train, torch.arange(200)), chosen(test, torch.arange(90))


@pytest.fixture(scope="module")
def found(digits: tuple[Source, Source]) -> Outcome:
    return corruptions(SUBJECT, *digits, CPU, classes=10, seed=3, kinds="all", severities=(5, 2, 2))


def test_errors_are_those_of_linear_on_each_corrupted_set(
    digits: tuple[Source, Source], found: Outcome
) -> None:
    train, test = digits
    assert isinstance(test, Images)
    asked = [(kind, s) for kind in ("gaussian_noise", "fog", "spatter") for s in (2, 5)]
    pixels = [corrupted_copy(test.images, *each, torch.arange(90), seed=3) for each in asked]
    sets = [extract(Pixels(), replace(test, images=each), PLAIN, runtime=CPU) for each in pixels]
    everything = Features(*(torch.cat(columns) for columns in zip(*sets, strict=True)))
    seen = extract(Pixels(), train, PLAIN, runtime=CPU)
    scores = linear(seen, everything, classes=10, seed=3).result
    assert isinstance(scores, torch.Tensor)
    wrong = (scores.argmax(dim=1) != everything.label).double().view(6, 90).mean(dim=1)
    assert found.how["severities"] == [2, 5]
    table = found.how["errors"]
    for (kind, severity), error in zip(asked, wrong.tolist(), strict=True):
        assert table[kind][severity == 5] == pytest.approx(error, abs=1e-12)


def test_the_mean_is_over_the_15_kinds_of_the_paper(found: Outcome) -> None:
    table, metrics = found.how["errors"], found.result
    assert tuple(table) == (*KINDS, *EXTRA)
    assert isinstance(metrics, dict)
    first, clean, *each = metrics
    assert (first, clean) == ("mean corruption error", "clean error")
    assert each == [f"{kind.replace('_', ' ')} error" for kind in (*KINDS, *EXTRA)]
    assert metrics[first].value == pytest.approx(np.mean([table[kind] for kind in KINDS]))
    assert metrics[first].low < metrics[first].value < metrics[first].high
    assert metrics["saturate error"].value == pytest.approx(np.mean(table["saturate"]))
    assert found.how["clean_error"] < 0.2 < metrics[first].value
    assert set(found.how["calibration_error"]) == {"clean", "2", "5"}


def test_mce_is_relative_to_an_earlier_result(
    digits: tuple[Source, Source], found: Outcome, tmp_path: Path
) -> None:
    train, test = digits
    few, file = chosen(test, torch.arange(20)), tmp_path / "corruptions.json"
    errors = {kind: [*table, 0.5, 0.6, 0.7] for kind, table in found.how["errors"].items()}
    earlier = {"clean_error": 0.05, "errors": errors}
    file.write_text(json.dumps([{"subject": "pixels", "how": earlier}]))
    again = corruptions(SUBJECT, train, few, CPU, classes=10, baseline=str(file))
    assert isinstance(again.result, dict)
    mine = {kind: np.mean(table) for kind, table in again.how["errors"].items()}
    theirs = {kind: np.mean(table) for kind, table in errors.items()}
    ratios = [mine[kind] / theirs[kind] for kind in KINDS]
    clean = again.how["clean_error"]
    added = [(mine[kind] - clean) / (theirs[kind] - 0.05) for kind in KINDS]
    assert list(again.result)[2:4] == ["mCE", "relative mCE"]
    assert again.result["mCE"].value == pytest.approx(np.mean(ratios))
    assert again.result["relative mCE"].value == pytest.approx(np.mean(added))
    assert again.result["mCE"].low < again.result["mCE"].value < again.result["mCE"].high


def test_photos_are_seen_plainly_and_the_encoder_stays_as_it_was(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for number in range(16):
        path = tmp_path / "ab"[number % 2] / f"{number:02}.png"
        path.parent.mkdir(exist_ok=True)
        pixels = generator.integers(0, 256, (80, 100, 3), dtype=np.uint8)
        pixels[..., number % 2] //= 3
        Image.fromarray(pixels).save(path)
    source = open_source(tmp_path)
    for broken in (tmp_path / "a" / "02.png", tmp_path / "b" / "03.png"):
        broken.write_bytes(broken.read_bytes()[:5000])
    encoder = nn.Sequential(nn.BatchNorm2d(3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    before = copy.deepcopy(encoder.state_dict())
    policy = Policy(size=40, crop=Fit(share=224 / 256), flip=0.0, normalize=Normalize())
    subject = Subject("trained", encoder, policy)
    found = corruptions(subject, source, source, CPU, classes=2, severities=(1,))
    assert found.seen is not None
    assert len(found.seen) == 14
    assert found.how["constants"] == "those of 32 px"
    assert found.how["clean_error"] == 0
    assert encoder.training
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, before[name])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"severities": ()}, "Severities are of 1 to 5"),
        ({"severities": (0, 1)}, "Severities are of 1 to 5"),
        ({"severities": (1,), "baseline": "alexnet"}, "all five severities"),
        ({"baseline": "alexnet"}, "ImageNet's 1,000 classes"),
        ({"baseline": "nowhere.json"}, "nowhere.json holds no errors"),
    ],
)
def test_what_cannot_be_compared_is_said_before_anything_is_computed(
    digits: tuple[Source, Source], settings: dict[str, object], message: str
) -> None:
    class Never(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            raise AssertionError

    subject = SUBJECT._replace(encoder=Never())
    with pytest.raises(UsageError, match=message):
        corruptions(subject, *digits, CPU, classes=10, **settings)


def test_calibration_error_is_the_mean_gap_over_bins() -> None:
    generator = np.random.default_rng(0)
    confidence, right = generator.uniform(size=500), generator.uniform(size=500) < 0.6
    expected = 0.0
    for low in range(15):
        inside = (confidence > low / 15) & (confidence <= (low + 1) / 15)
        expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    found = calibration_error(torch.from_numpy(confidence), torch.from_numpy(right))
    assert found == pytest.approx(expected)
    sure = torch.ones(4)
    assert calibration_error(sure, torch.tensor([True, True, True, False])) == pytest.approx(0.25)


def test_a_stored_set_is_what_the_evaluation_makes_and_always_the_same(
    digits: tuple[Source, Source], tmp_path: Path
) -> None:
    test = digits[1]
    kinds = ("shot_noise", "frost")
    for name in ("a", "b"):
        write_set(test, tmp_path / name, PLAIN, kinds=kinds, seed=3)
    assert isinstance(test, Images)
    clean, labels, shot = (
        np.load(tmp_path / "a" / f"{n}.npy") for n in ("clean", "labels", kinds[0])
    )
    assert np.array_equal(clean[..., 0], test.images[:, 0])
    assert labels.tolist() == 5 * test.label.tolist()
    copies = [
        corrupted_copy(test.images, kinds[0], s, torch.arange(90), seed=3) for s in range(1, 6)
    ]
    assert np.array_equal(shot, torch.cat(copies).permute(0, 2, 3, 1))
    manifests = [json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("a", "b")]
    assert manifests[0] == manifests[1]
    assert manifests[0]["seed"] == 3
    digests = manifests[0]["sha256"]
    assert digests == {name: files.sha256(tmp_path / "b" / name) for name in digests}
    assert set(digests) == {"clean.npy", "labels.npy", "shot_noise.npy", "frost.npy"}
