"""Fine-tuning: the papers' settings reach the optimizer, and encoder and test labels are left alone."""

import itertools
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from timm.layers import DropPath
from torch.optim import Optimizer

from lookalike.data.labels import split
from lookalike.data.opening import open_source
from lookalike.data.sources import Source, chosen
from lookalike.errors import DataError, NumericalError, UsageError
from lookalike.evaluation.features import extract
from lookalike.evaluation.finetuning import finetune as module
from lookalike.evaluation.finetuning.finetune import finetune
from lookalike.evaluation.finetuning.learning import Course, policy_for, share_of
from lookalike.evaluation.finetuning.tunings import TUNINGS
from lookalike.evaluation.metrics import Outcome
from lookalike.evaluation.probes.linear import linear
from lookalike.evaluation.subject import Subject, pixels
from lookalike.methods.supervised import Supervised
from lookalike.nn.encoder import Encoder
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Fit, Policy

CPU = Runtime(torch.device("cpu"), torch.float32)
PLAIN = Policy(size=8, crop=Fit(), flip=0.0)


@pytest.fixture(scope="module")
def train() -> Source:
    return chosen(open_source("digits", "train"), torch.arange(400))


@pytest.fixture(scope="module")
def test() -> Source:
    return chosen(open_source("digits", "test"), torch.arange(150))


@pytest.fixture
def subject() -> Subject:
    torch.manual_seed(0)
    return Subject("untrained", Encoder("resnet8", 8, 1), PLAIN)


def _transformer() -> Subject:
    torch.manual_seed(0)
    encoder = Encoder("vit_tiny_patch16_224", 16, 1, patch=8, depth=3)
    encoder.trunk.pos_embed.requires_grad_(False)
    return Subject("untrained", encoder, replace(PLAIN, size=16))


def _run(subject: Subject, train: Source, test: Source, **settings: Any) -> Outcome:
    return finetune(subject, train, test, CPU, classes=10, **settings)


def _accuracy(outcome: Outcome, test: Source) -> float:
    return (outcome.result.argmax(1) == test.label).double().mean().item()


Lesson = tuple[Supervised, Source, Policy, Optimizer, Any, Course]


@pytest.fixture
def lessons(monkeypatch: pytest.MonkeyPatch) -> list[Lesson]:
    """What would be trained, without training."""
    found: list[Lesson] = []

    def note(*given: Any, course: Course, **_: Any) -> None:
        found.append((*given, course))

    monkeypatch.setattr(module, "learn", note)
    return found


@pytest.mark.parametrize(("labels", "epochs", "images"), [("all", 30, 400), ("10%", 30, 40)])
def test_simclr_as_in_its_paper(
    labels: str, epochs: int, images: int, lessons: list[Lesson], subject: Subject, train: Source
) -> None:
    how = _run(subject, train, train, labels=labels, batch=20).how
    ((method, source, policy, optimizer, rate, course),) = lessons
    assert len(source) == images == how["labelled_images"]
    assert course.updates == epochs * images // 20
    assert rate(0) == pytest.approx(0.05 * 20 / 256)  # no warm-up
    assert rate(course.updates // 2) == pytest.approx(0.05 * 20 / 256 / 2)
    assert all(group["weight_decay"] == 0 for group in optimizer.param_groups)
    assert all(group["nesterov"] and group["momentum"] == 0.9 for group in optimizer.param_groups)
    assert policy.crop.area == (0.08, 1.0)
    assert (policy.flip, policy.size, policy.jitter) == (0.5, 8, None)
    held = sum(len(group["params"]) for group in optimizer.param_groups)
    assert held == len(list(method.parameters()))
    assert method.encoder.trunk.bn1.momentum == 0.1


def test_one_percent_has_twice_the_epochs(lessons: list[Lesson], subject: Subject) -> None:
    whole = open_source("digits", "train")
    _run(subject, whole, whole, labels="1%")
    ((*_, course),) = lessons
    assert (course.batch, course.updates) == (10, 60)  # one image of each class


def test_mae_as_in_its_table(lessons: list[Lesson], train: Source) -> None:
    subject = _transformer()
    how = _run(subject, train, train, protocol="mae", batch=51).how
    ((method, _, policy, optimizer, rate, course),) = lessons
    assert (course.batch, course.updates) == (50, 800)  # of even size, 100 epochs of 8
    assert (rate(0), rate(40)) == (0, pytest.approx(1e-3 * 50 / 256))  # 5 epochs of warm-up
    assert how["warmup_updates"] == 40
    assert isinstance(optimizer, torch.optim.AdamW)
    scale = {id(w): g["scale"] for g in optimizer.param_groups for w in g["params"]}
    decay = {id(w): g["weight_decay"] for g in optimizer.param_groups for w in g["params"]}
    trunk = method.encoder.trunk
    assert scale[id(trunk.pos_embed)] == scale[id(trunk.patch_embed.proj.weight)] == 0.75**4
    assert [scale[id(block.mlp.fc1.weight)] for block in trunk.blocks] == [0.75**3, 0.75**2, 0.75]
    assert scale[id(trunk.norm.weight)] == scale[id(method.classifier.weight)] == 1
    assert decay[id(method.classifier.weight)] == 0.05
    assert decay[id(method.classifier.bias)] == decay[id(trunk.norm.weight)] == 0
    shares = [block.drop_path1.drop_prob for block in trunk.blocks]
    assert shares == pytest.approx([0, 0.05, 0.1])
    assert not any(isinstance(part, DropPath) for part in subject.encoder.modules())
    assert method.mixing == {"smoothing": 0.1, "mixup": 0.8, "cutmix": 1.0}
    assert (policy.crop.area, policy.size, policy.erase.probability) == ((0.08, 1.0), 16, 0.25)
    assert policy.augment is None  # pictures of one channel
    colour = policy_for("mae-finetune", PLAIN, 3).augment
    assert (colour.form, colour.magnitude, colour.deviation) == ("timm", 9, 0.5)


def test_byol_tries_rates_and_epochs(
    lessons: list[Lesson], subject: Subject, train: Source
) -> None:
    how = _run(subject, train, train, protocol="byol", labels="10%").how
    rest, _ = split(train.label, 0.2, 0)
    few = len(share_of(chosen(train, rest), "10%", 0))
    found = {(round(rate(0) * 256 / c.batch, 6), c.updates) for *_, rate, c in lessons[:-1]}
    assert found == {(rate, e) for rate in (0.01, 0.02, 0.05, 0.1, 0.005) for e in (30, 50)}
    assert [len(source) for _, source, *_ in lessons] == [*[few] * 10, 40]
    assert len(how["tried"]) == 10
    assert set(how["tried"][0]) == {"rate_per_256", "decay", "epochs", "accuracy"}


def test_transfer_as_in_simclrs_appendix(
    lessons: list[Lesson], subject: Subject, train: Source
) -> None:
    _run(subject, train, chosen(train, torch.arange(9)), protocol="transfer", rate=0.1, batch=2)
    assert len(lessons) == 8 + 1
    assert {course.updates for *_, course in lessons} == {20_000}
    peak = 0.1 * 2 / 256
    decays = [optimizer.param_groups[0]["weight_decay"] for *_, optimizer, _, _ in lessons[:8]]
    expected = [0, 1e-6, 10**-5.5, 1e-5, 10**-4.5, 1e-4, 10**-3.5, 1e-3]
    assert [decay * peak for decay in decays] == pytest.approx(expected)
    method, *_, course = lessons[-1]
    assert course.updates_per_epoch == 200
    assert method.encoder.trunk.bn1.momentum == pytest.approx(10 / 200)
    assert subject.encoder.trunk.bn1.momentum == 0.1
    assert len(TUNINGS["transfer"].trials("all", epochs=None, rate=None, decay=None)) == 56


def test_the_choice_is_made_on_held_out_images_and_trained_anew(
    subject: Subject, train: Source, test: Source
) -> None:
    train, settings = (
        chosen(train, torch.arange(120)),
        {"protocol": "byol", "epochs": 2, "batch": 30},
    )
    outcome = _run(subject, train, test, **settings)
    assert len(outcome.how["tried"]) == 5
    best = max(outcome.how["tried"], key=lambda trial: trial["accuracy"])
    alone = _run(subject, train, test, rate=best["rate_per_256"], **settings)
    assert alone.how["tried"].startswith("nothing")
    assert alone.result.equal(outcome.result)
    # What the rate was chosen by, once more: trained without the held out fifth, asked on it.
    rest, held = (chosen(train, rows) for rows in split(train.label, 0.2, 0))
    again = _run(subject, rest, held, rate=best["rate_per_256"], **settings)
    assert _accuracy(again, held) == pytest.approx(best["accuracy"])


def test_a_setting_that_diverges_is_not_chosen(
    subject: Subject, train: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: Any, course: Course, **_: Any) -> None:
        if given[4](0) * 256 / course.batch > 0.0051:
            raise NumericalError("The loss is infinite.")

    monkeypatch.setattr(module, "learn", fails)
    how = _run(subject, train, train, protocol="byol", epochs=1).how
    assert [each["accuracy"] is None for each in how["tried"]] == [True] * 4 + [False]
    assert how["rate"] == pytest.approx(0.005 * 400 / 256)


def test_the_encoder_stays_byte_by_byte_and_test_labels_have_no_say(
    subject: Subject, train: Source, test: Source
) -> None:
    encoder = subject.encoder
    encoder.train().trunk.bn1.eval()  # a layer somebody froze
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    modes = [part.training for part in encoder.modules()]
    settings = {"epochs": 1, "batch": 100, "rate": 0.5}
    first = _run(subject, train, test, **settings)
    assert all(value.equal(before[name]) for name, value in encoder.state_dict().items())
    assert [part.training for part in encoder.modules()] == modes
    assert all(weight.grad is None for weight in encoder.parameters())
    again = _run(subject, train, replace(test, label=test.label.roll(7)), **settings)
    assert first.result.equal(again.result)
    assert first.how == again.how
    assert first.seen.equal(torch.arange(len(test)))
    other = _run(subject, train, test, seed=1, **settings)
    assert not first.result.equal(other.result)


def test_everything_is_trained_also_what_was_fixed(
    train: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MAE's protocol from end to end."""
    subject, trained = _transformer(), list[Supervised]()
    real = module.learn

    def noted(method: Supervised, *given: Any, **named: Any) -> None:
        real(method, *given, **named)
        trained.append(method)

    monkeypatch.setattr(module, "learn", noted)
    outcome = _run(subject, train, train, protocol="mae", epochs=1, batch=100)
    assert outcome.result.isfinite().all()
    before = dict(subject.encoder.named_parameters())
    after = dict(trained[0].encoder.named_parameters())
    assert before.keys() == after.keys()
    assert all(not weight.equal(before[name]) for name, weight in after.items())


def test_it_beats_the_linear_probe_of_the_same_untrained_encoder(
    subject: Subject, train: Source, test: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With views that suit digits, as 8 × 8 pixels bear no small crops and mirrors in a short time."""
    monkeypatch.setitem(TUNINGS, "simclr", replace(TUNINGS["simclr"], views="simclr-digits"))
    train = chosen(train, torch.arange(200))
    look = partial(extract, subject.encoder, policy=PLAIN, runtime=CPU)
    probe = linear(look(train), look(test), classes=10)
    tuned = _run(subject, train, test, epochs=10, batch=20, rate=5.0)
    assert _accuracy(tuned, test) > _accuracy(probe, test) + 0.05


def test_label_subsets_are_balanced_nested_and_fixed_by_the_seed() -> None:
    whole = open_source("digits", "train")
    few, one = share_of(whole, "10%", 0), share_of(whole, "1%", 0)
    counts = torch.bincount(few.label).tolist()
    assert counts == [round(0.1 * each) for each in torch.bincount(whole.label).tolist()]
    assert torch.bincount(one.label).tolist() == [1] * 10
    shares = [{*share_of(whole, f"{share}%", 0).names} for share in (1, 2, 5, 10, 20, 50)]
    assert all(small < large for small, large in itertools.pairwise(shares))
    assert share_of(whole, "10%", 0).names == few.names
    assert share_of(whole, "10%", 1).names != few.names
    assert share_of(whole, "all", 0) is whole


def test_what_cannot_be_is_said(subject: Subject, train: Source, test: Source) -> None:
    with pytest.raises(UsageError, match="pixels cannot be fine-tuned"):
        _run(pixels(PLAIN), train, test)
    for wrong in ({"rate": 0.0}, {"decay": -1.0}):
        with pytest.raises(UsageError, match="rate above 0"):
            _run(subject, train, test, **wrong)
    for wrong in ({"epochs": 0}, {"batch": 0}, {"batch": 1, "protocol": "mae"}):
        with pytest.raises(UsageError, match="images per update"):
            _run(subject, train, test, **wrong)
    with pytest.raises(DataError, match="1% of the images of '0' is less than one"):
        _run(subject, train, test, labels="1%")
    with pytest.raises(DataError, match="hold out 20%"):
        _run(subject, chosen(train, torch.arange(2)), test, protocol="byol")


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (0.5, {"blocks.2.norm2", "blocks.2.mlp"}),
        (1, {"blocks.2"}),
        (1.5, {"blocks.2", "blocks.1.norm2", "blocks.1.mlp"}),
        (3, {"blocks.0", "blocks.1", "blocks.2"}),
    ],
)
def test_only_the_last_blocks_learn(
    blocks: float, expected: set[str], lessons: list[Lesson], train: Source, test: Source
) -> None:
    """MAE's figure 9: what is in front stays; the norm behind and the classifier always learn."""
    outcome = _run(_transformer(), train, test, protocol="mae", blocks=blocks)
    method, *_, optimizer, _, _ = lessons[0]
    trained = {id(each) for group in optimizer.param_groups for each in group["params"]}
    learn = {name for name, each in method.named_parameters() if id(each) in trained}
    starts = (
        *(f"encoder.trunk.{each}." for each in expected),
        "encoder.trunk.norm.",
        "classifier.",
    )
    assert learn == {name for name, _ in method.named_parameters() if name.startswith(starts)}
    assert outcome.how["blocks"] == blocks


@pytest.mark.parametrize("blocks", [0.0, 0.25, 4.0])
def test_blocks_that_are_not_there_are_refused(
    blocks: float, train: Source, test: Source, subject: Subject
) -> None:
    with pytest.raises(UsageError, match="It has 3"):
        _run(_transformer(), train, test, protocol="mae", blocks=blocks)
    with pytest.raises(UsageError, match="no transformer"):
        _run(subject, train, test, blocks=blocks)
