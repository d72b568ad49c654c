"""The probe on fresh views: a plain loop learns the same, and encoder and test are left alone."""

import math
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from lookalike.data.labels import split
from lookalike.data.loading import Loader
from lookalike.data.opening import open_source
from lookalike.data.sources import Source, chosen
from lookalike.errors import DataError, UsageError
from lookalike.evaluation.metrics import Outcome
from lookalike.evaluation.probes import fresh_views
from lookalike.evaluation.probes.fresh_views import linear_views
from lookalike.evaluation.probes.protocols import PROTOCOLS
from lookalike.evaluation.subject import Subject, pixels
from lookalike.nn.encoder import Encoder
from lookalike.training.runtime import Runtime
from lookalike.views.operations import Normalize
from lookalike.views.policy import Fit, Policy
from lookalike.views.presets import POLICIES

CPU = Runtime(torch.device("cpu"), torch.float32)
PLAIN = Policy(size=8, crop=Fit(), flip=0.0, normalize=Normalize(mean=(0.3,), std=(0.4,)))
COUNT = 200


@pytest.fixture(scope="module")
def train() -> Source:
    return chosen(open_source("digits", "train"), torch.arange(COUNT))


@pytest.fixture(scope="module")
def test() -> Source:
    return chosen(open_source("digits", "test"), torch.arange(100))


@pytest.fixture(scope="module")
def subject() -> Subject:
    """Its batch norms have moved once, and it was left in training mode."""
    torch.manual_seed(0)
    encoder = Encoder("resnet8", 8, 1)
    encoder(torch.rand(50, 1, 8, 8))
    return Subject("untrained", encoder, PLAIN)


def _run(subject: Subject, train: Source, test: Source, **settings: Any) -> Outcome:
    return linear_views(subject, train, test, CPU, classes=10, **settings)


def _rate(protocol: str, epoch: float) -> float:
    """The fact sheet's schedules for a batch of 256, in epochs of the paper."""
    if protocol == "supcon":
        return 2.5 * 0.2 ** sum(epoch >= step for step in (60, 75, 90))
    if protocol == "mae" and epoch < 10:
        return 0.1 * epoch / 10
    warmup, epochs = (10, 90) if protocol == "mae" else (0, 90)
    return 0.1 * (1 + math.cos(math.pi * (epoch - warmup) / (epochs - warmup))) / 2


def _by_hand(
    subject: Subject, train: Source, test: Source, protocol: str, first: Tensor, epochs: int
) -> Tensor:
    """Scores of the test images in float64, with gradients and updates written out.

    Nine epochs of four updates: a warm-up of 10 in 90 epochs is then 4 updates.
    """
    batch, views = (
        50,
        replace(POLICIES[PROTOCOLS[protocol].views][0], size=8, normalize=PLAIN.normalize),
    )
    loader = Loader(train, (views,), batch=batch, seed=0, device=CPU.device)
    encoder = deepcopy(subject.encoder).double().eval()
    whole = {"supcon": 100}.get(protocol, 90)
    w = {"weight": first.double(), "bias": torch.zeros(10, dtype=torch.float64)}
    v = {name: torch.zeros_like(each) for name, each in w.items()}
    mean, variance = torch.zeros(64, dtype=torch.float64), torch.ones(64, dtype=torch.float64)
    updates = epochs * COUNT // batch
    for update, each in enumerate(loader.batches(0, updates)):
        with torch.no_grad():
            x = encoder(each.views[0].double())
        if protocol == "mae":
            mean, variance = 0.9 * mean + 0.1 * x.mean(0), 0.9 * variance + 0.1 * x.var(0)
            x = (x - x.mean(0)) / (x.var(0, correction=0) + 1e-6).sqrt()
        error = (x @ w["weight"].T + w["bias"]).softmax(1) - torch.eye(10)[each.label]
        slope = {"weight": error.T @ x / batch, "bias": error.mean(0)}
        rate = _rate(protocol, whole * update / updates) * batch / 256
        for name, g in slope.items():
            if protocol == "mae" and name == "weight":
                g = g * 0.001 * w[name].norm() / g.norm()
            v[name] = 0.9 * v[name] + g
            w[name] = w[name] - rate * (g + 0.9 * v[name] if protocol == "simclr" else v[name])
    assert hasattr(test, "images")
    with torch.no_grad():
        x = encoder((test.images.double() / 255 - 0.3) / 0.4)
    if protocol == "mae":
        x = (x - mean) / (variance + 1e-6).sqrt()
    return x @ w["weight"].T + w["bias"]


@pytest.mark.parametrize("protocol", ["simclr", "supcon", "mae"])
def test_a_plain_loop_finds_the_same_layer(
    protocol: str, subject: Subject, train: Source, test: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    firsts = []
    build = fresh_views.Heads

    def kept(*given: Any, **named: Any) -> Any:
        heads = build(*given, **named)
        firsts.append(heads.weights[0].detach().clone())
        return heads

    monkeypatch.setattr(fresh_views, "Heads", kept)
    outcome = _run(subject, train, test, protocol=protocol, epochs=9, batch=50)
    (first,) = firsts
    if protocol == "mae":
        assert first.std() == pytest.approx(0.01, rel=0.1)
    else:
        assert not first.any()
    expected = _by_hand(subject, train, test, protocol, first, epochs=9)
    assert expected.std() > 0.001
    torch.testing.assert_close(
        outcome.result.double(), expected, rtol=1e-3, atol=1e-3 * expected.std().item()
    )


def test_layers_side_by_side_do_not_know_of_each_other(subject: Subject, train: Source) -> None:
    for name in ("byol", "mae"):
        fit = partial(
            fresh_views._fit,
            subject.encoder,
            PROTOCOLS[name],
            train,
            epochs=4,
            batch=64,
            policy=replace(PLAIN, flip=0.5),
            classes=10,
            runtime=CPU,
            seed=3,
            workers=0,
        )
        together, _ = fit((0.4, 0.1))
        for place, rate in enumerate((0.4, 0.1)):
            alone, _ = fit((rate,))
            torch.testing.assert_close(together.weights[place], alone.weights[0])
        assert not torch.equal(together.weights[0], together.weights[1])


def test_the_rate_is_chosen_on_held_out_images_and_used_on_all(
    subject: Subject, train: Source, test: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = _run(subject, train, test, protocol="byol", epochs=4, batch=40)
    tried = {each["rate_per_256"]: each["accuracy"] for each in outcome.how["tried"]}
    assert list(tried) == [0.4, 0.3, 0.2, 0.1, 0.05]
    best = max(tried, key=lambda rate: tried[rate])
    assert outcome.how["rates"] == pytest.approx([best * 40 / 256])
    rest, held = (chosen(train, rows) for rows in split(train.label, 0.2, 0))
    for rates, fits, asks in (((0.05,), rest, held), ((best,), train, test)):
        monkeypatch.setitem(PROTOCOLS, "byol", replace(PROTOCOLS["byol"], rates=rates))
        alone = _run(subject, fits, asks, protocol="byol", epochs=4, batch=40)
        if asks is held:
            right = (alone.result.argmax(1) == held.label).double().mean().item()
            assert tried[0.05] == pytest.approx(right)
        else:
            torch.testing.assert_close(alone.result, outcome.result)


def test_the_encoder_stays_byte_by_byte(subject: Subject, train: Source, test: Source) -> None:
    encoder = subject.encoder.train()
    encoder.trunk.bn1.eval()  # a layer somebody froze
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    modes = [module.training for module in encoder.modules()]
    for protocol in ("byol", "mae"):
        _run(subject, train, test, protocol=protocol, epochs=2, batch=50)
    after = encoder.state_dict()
    assert all(value.equal(after[name]) for name, value in before.items())
    assert [module.training for module in encoder.modules()] == modes
    assert all(weight.grad is None and weight.requires_grad for weight in encoder.parameters())


def test_test_labels_have_no_say_and_seeds_do(
    subject: Subject, train: Source, test: Source
) -> None:
    settings = {"protocol": "byol", "epochs": 2, "batch": 50}
    first = _run(subject, train, test, **settings)
    wrong = replace(test, label=test.label.roll(7))
    assert not wrong.label.equal(test.label)
    again, other = (
        _run(subject, train, wrong, **settings),
        _run(subject, train, test, seed=1, **settings),
    )
    assert first.result.equal(again.result)
    assert first.how == again.how
    assert first.result.shape == (100, 10)
    assert first.seen.equal(torch.arange(100))
    assert not first.result.equal(other.result)


def test_a_batch_larger_than_the_data_is_cut_and_said_so(
    subject: Subject, train: Source, test: Source
) -> None:
    how = _run(subject, train, test, epochs=2).how
    assert (how["batch"], how["batch_cut_from"], how["updates"]) == (COUNT, 4096, 2)
    assert how["rates"] == pytest.approx([0.1 * COUNT / 256])
    assert how["paper"]["epochs"] == 90
    assert how["tried"].startswith("nothing")
    assert "Normalize(mean=(0.3,)" in how["views"]
    assert "batch_cut_from" not in _run(subject, train, test, epochs=1, batch=50).how


def test_pixels_can_be_probed(train: Source, test: Source) -> None:
    outcome = _run(pixels(PLAIN), train, test, epochs=20, batch=50)
    assert (outcome.result.argmax(1) == test.label).double().mean() > 0.4


def test_what_cannot_be_is_said(subject: Subject, train: Source, test: Source) -> None:
    with pytest.raises(UsageError, match="0 epochs"):
        _run(subject, train, test, epochs=0)
    with pytest.raises(UsageError, match="-3 images per update"):
        _run(subject, train, test, batch=-3)
    with pytest.raises(DataError, match="hold out 20%"):
        _run(subject, chosen(train, torch.arange(2)), test, protocol="byol")


def test_the_views_may_be_those_of_the_first_stage() -> None:
    """SupCon's table 9: everything else stays the protocol's."""
    few = chosen(open_source("shapes", "train"), torch.arange(40))
    seen = Subject("untrained", Encoder("resnet8", 8, 3), replace(PLAIN, normalize=None))
    found = linear_views(
        seen, few, few, CPU, classes=5, protocol="supcon", epochs=1, views="supcon-simaugment"
    )
    policy = replace(POLICIES["supcon-simaugment"][0], size=8, normalize=None)
    assert found.how["views"] == repr(policy)
    paper = {**vars(PROTOCOLS["supcon"]), "views": "supcon-simaugment"}
    assert found.how["paper"] == paper
