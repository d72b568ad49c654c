"""Numbers that break: noticed in the same update, never on disk, and what becomes of the run."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from contract.micro import build
from distributed.processes import run as run_processes
from lookalike.errors import NumericalError
from lookalike.method import Batch, Method
from lookalike.randomness import number
from lookalike.recipe.overrides import Layer, resolve
from lookalike.run import pretrain
from lookalike.run.training import learning, pretraining, rewinding
from lookalike.run.training.replay import replay
from lookalike.training import checkpoint, large_batch
from lookalike.training.guard import Guard, NotFiniteError
from lookalike.training.loop import train
from lookalike.training.optimizers import parameter_groups, sgd
from lookalike.training.runtime import Runtime
from reliability.breaking import (
    BAD,
    BEFORE,
    CPU,
    PLACES,
    Saves,
    batches,
    in_statistics,
    learn,
    make_batch,
    spoil,
)


def assert_sound(folder: Path) -> None:
    """No file below holds a number that is not finite; there is at least one."""
    found = [*folder.rglob("*.safetensors")]
    assert found
    for path in found:
        assert all(t.isfinite().all() for t in load_file(path).values()), path


@pytest.mark.parametrize(("piece", "clip"), [(None, 1.0), (3, None)])
@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("place", PLACES)
def test_noticed_in_the_same_update(
    place: str, value: float, piece: int | None, clip: float | None, tmp_path: Path
) -> None:
    """28 cases."""
    with pytest.raises(NotFiniteError) as caught:
        learn(tmp_path, place, value, piece=piece, clip=clip)
    assert caught.value.update == BAD
    assert caught.value.exit_code == 5
    assert [path.name for path in checkpoint.generations(tmp_path)] == ["00000002", "00000001"]
    assert_sound(tmp_path)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("value", [1.0, -1.0])
def test_overflow(precision: torch.dtype, value: float, tmp_path: Path) -> None:
    with pytest.raises(NotFiniteError) as caught:
        learn(tmp_path, "overflow", value, runtime=Runtime(CPU, precision))
    assert caught.value.update == BAD
    assert_sound(tmp_path)


@pytest.mark.parametrize("rate", [1e38, math.inf])
def test_overflow_of_the_update_itself(rate: float, tmp_path: Path) -> None:
    """Loss and gradient are finite, the step is not; nobody looks at the weights before the guard."""
    method = build("simclr")
    optimizer = sgd(parameter_groups(method))
    saves = Saves(tmp_path, method, optimizer)
    for group in optimizer.param_groups:
        group["momentum"] = 1e5
    with pytest.raises(NotFiniteError, match="left numbers that are not finite") as caught:
        train(
            method,
            batches("nowhere", 0.0, method, optimizer),
            optimizer,
            lambda update: 1e-9 if update < BAD else rate,
            runtime=Runtime(CPU, torch.float32),
            seed=0,
            start=0,
            updates=6,
            monitors=[saves],
        )
    assert caught.value.update == BAD
    assert_sound(tmp_path)


def test_a_checkpoint_looks_at_what_it_writes(tmp_path: Path) -> None:
    method = build("simclr")
    optimizer = sgd(parameter_groups(method))
    checkpoint.save(tmp_path, 1, method, optimizer)
    in_statistics(method, optimizer, math.nan)
    with pytest.raises(NumericalError, match="running_mean"):
        checkpoint.save(tmp_path, 2, method, optimizer)
    assert [path.name for path in tmp_path.iterdir()] == ["00000001"]


@pytest.mark.parametrize("place", BEFORE)
def test_what_is_refused_changes_nothing(place: str, tmp_path: Path) -> None:
    """Weights, statistics and the queue are those of the last good update, to the bit."""
    method: Method | None = None

    def remember(found: Any) -> str:
        nonlocal method
        method = found.weights
        return ""

    with pytest.raises(NotFiniteError):
        learn(tmp_path, place, math.nan, name="moco", guard=Guard(record=remember))
    assert method is not None
    before = load_file(tmp_path / "00000002" / "state.safetensors")
    for name, tensor in method.items():
        assert torch.equal(tensor, before[f"method.{name}"]), name


def final(folder: Path) -> bytes:
    return (checkpoint.generations(folder)[0] / "state.safetensors").read_bytes()


@pytest.mark.parametrize("place", BEFORE)
def test_skipping_leaves_the_update_out(place: str, tmp_path: Path) -> None:
    """As if the two bad batches had not been there, queue and statistics included."""
    told: list[str] = []
    _, saves, done = learn(
        tmp_path / "a",
        place,
        math.inf,
        name="moco",
        bad=(2, 3),
        guard=Guard(skips=2, tell=told.append),
    )
    assert done == 6
    assert saves.numbers == [{}, {}, {"skipped": 2.0}, {}]
    assert ["update 2" in told[0], "update 3" in told[1], len(told)] == [True, True, 2]
    method = build("moco")
    optimizer = sgd(parameter_groups(method))
    others = Saves(tmp_path / "b", method, optimizer)
    train(
        method,
        [make_batch(update) for update in (0, 1, 4, 5)],
        optimizer,
        lambda _update: 0.01,
        runtime=Runtime(CPU, torch.float32),
        seed=0,
        start=0,
        updates=4,
        monitors=[others],
    )
    assert final(tmp_path / "a") == final(tmp_path / "b")


def test_three_in_a_row_are_too_many(tmp_path: Path) -> None:
    with pytest.raises(NotFiniteError, match="2 updates before it were left out") as caught:
        learn(tmp_path, "input", math.nan, bad=(1, 3, 4, 5), guard=Guard(skips=2))
    assert caught.value.update == 5


def test_a_run_stopped_between_left_out_updates_leaves_them_out_again(tmp_path: Path) -> None:
    """Updates 2 and 3 are bad; a signal comes between them."""
    from itertools import islice

    whole = tmp_path / "whole"
    learn(whole, "input", math.nan, bad=(2, 3), guard=Guard(skips=2))
    method = build("simclr")
    optimizer = sgd(parameter_groups(method))
    saves = Saves(tmp_path / "parts", method, optimizer)
    done = train(
        method,
        islice(batches("input", math.nan, method, optimizer, bad=(2, 3)), 3),
        optimizer,
        lambda _update: 0.01,
        runtime=Runtime(CPU, torch.float32),
        seed=0,
        start=0,
        updates=6,
        monitors=[saves],
        guard=Guard(skips=2),
    )
    assert done == 2
    learn(tmp_path / "parts", "input", math.nan, bad=(2, 3), guard=Guard(skips=2))
    assert final(tmp_path / "parts") == final(whole)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_one_process_of_two(value: float, tmp_path: Path) -> None:
    """Both decide alike, in the same update; or leave it out together."""
    arguments = (str(tmp_path / "checkpoints"), value)
    results = run_processes("reliability.breaking:one_of_two", 2, tmp_path, *arguments)
    assert results == [{"input": BAD, "gradient": BAD, "statistics": BAD, "skipping": 6}] * 2
    assert_sound(tmp_path / "checkpoints")


# Runs in folders of their own.

NIGHTLY = pytest.mark.nightly

RECIPE: dict[str, Any] = {
    "name": "tiny",
    "method": {"name": "simclr"},
    "encoder": {"name": "resnet8"},
    "views": "simclr-digits",
    "data": {"path": "digits", "limit": 80},
    "batch": 20,
    "duration": "3 epochs",
    "optimizer": {"name": "sgd"},
    "rate": {"constant": 0.05},
    "watch": "3 epochs",
}
EPOCH = 4


class Crash(BaseException):
    """The process ends here."""


class Faults:
    """Breaks updates of runs: `bad` says which, by their number and how often they have been seen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bad: Callable[[int, Path], bool] = lambda _update, _out: False
        self.crash: Callable[[int], bool] = lambda _calls: False
        self.spoil: Callable[[Method, Batch], None] = lambda _method, batch: spoil(
            batch.views[0], math.nan
        )
        self.calls = 0
        self.out = Path()
        self._step = large_batch.step
        monkeypatch.setattr(large_batch, "step", self)
        monkeypatch.setattr(learning, "SECONDS_BETWEEN_SAVES", 0.0)
        monkeypatch.setattr(pretraining, "evaluate_run", lambda *_, **__: [])

    def __call__(self, method: Method, batch: Batch, *, seed: int, piece: int | None) -> Any:
        self.calls += 1
        if self.crash(self.calls):
            raise Crash
        update = next(u for u in range(12) if number(0, u) == seed)
        if self.bad(update, self.out):
            self.spoil(method, batch)
        return self._step(method, batch, seed=seed, piece=piece)

    def run(self, out: Path, **changes: Any) -> Path | None:
        self.out, self.calls = out, 0
        return pretrain(resolve([Layer("test", RECIPE | changes)]), out)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    return Faults(monkeypatch)


def rewinds(out: Path) -> list[int]:
    there = out / "rewinds.json"
    return [each["to"] for each in json.loads(there.read_text())] if there.exists() else []


def test_where_a_rewind_goes() -> None:
    """To the last end of an epoch before the update: a checkpoint of that very moment is bad."""
    assert [rewinding.epoch_before(u, 4) for u in (0, 1, 4, 5, 8, 9)] == [0, 0, 0, 4, 4, 8]


@pytest.fixture(scope="module")
def slower(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The end of a run that went at half the rate from update 4 on, with nothing broken."""
    out = tmp_path_factory.mktemp("slower") / "run"
    with pytest.MonkeyPatch.context() as monkeypatch:
        faults = Faults(monkeypatch)
        faults.crash = lambda calls: calls == 5
        with pytest.raises(Crash):
            faults.run(out)
        (out / "rewinds.json").write_text('[{"to": 4}]')
        faults.crash = lambda _calls: False
        faults.run(out)
    return final(out / "checkpoints")


def test_rewinding(faults: Faults, slower: bytes, tmp_path: Path) -> None:
    """Update 6 breaks until the rate is lower."""
    faults.bad = lambda update, out: update == 6 and not rewinds(out)
    faults.run(tmp_path / "run", nonfinite="rewind")
    assert final(tmp_path / "run" / "checkpoints") == slower
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["update"] for row in rows] == list(range(12))
    assert rewinds(tmp_path / "run") == [4]
    assert_sound(tmp_path / "run" / "checkpoints")


@pytest.mark.parametrize(
    "moment", [6, 7, 9, pytest.param(3, marks=NIGHTLY), pytest.param(12, marks=NIGHTLY)]
)
def test_a_rewound_run_survives_a_crash_anywhere(
    moment: int, faults: Faults, slower: bytes, tmp_path: Path
) -> None:
    """It ends before the bad update, in it, and after it, while checkpoints are anywhere."""
    faults.bad = lambda update, out: update == 6 and not rewinds(out)
    faults.crash = lambda calls: calls == moment
    with pytest.raises(Crash):
        faults.run(tmp_path / "run", nonfinite="rewind")
    faults.crash = lambda _calls: False
    faults.run(tmp_path / "run", nonfinite="rewind")
    assert final(tmp_path / "run" / "checkpoints") == slower


def test_a_crash_within_the_rewind(
    faults: Faults, slower: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checkpoints are gone, and the rewind is not yet remembered."""
    faults.bad = lambda update, out: update == 6 and not rewinds(out)

    def crash(*_: Any) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(rewinding.files, "write_json", _only("rewinds.json", crash))
        with pytest.raises(Crash):
            faults.run(tmp_path / "run", nonfinite="rewind")
    assert rewinds(tmp_path / "run") == []
    faults.run(tmp_path / "run", nonfinite="rewind")
    assert final(tmp_path / "run" / "checkpoints") == slower


def _only(name: str, instead: Callable[..., None]) -> Callable[..., None]:
    original = rewinding.files.write_json
    return lambda path, content: (instead if path.name == name else original)(path, content)


def test_rewinds_end(faults: Faults, tmp_path: Path) -> None:
    faults.bad = lambda update, _out: update == 6
    with pytest.raises(NotFiniteError):
        faults.run(tmp_path / "run", nonfinite="rewind")
    assert rewinds(tmp_path / "run") == [4, 4, 4]


def test_a_stopped_run_goes_on_with_another_policy(faults: Faults, tmp_path: Path) -> None:
    out = tmp_path / "run"
    faults.bad = lambda update, out: update == 6 and not rewinds(out)
    with pytest.raises(NotFiniteError):
        faults.run(out)
    with pytest.raises(NotFiniteError):
        faults.run(out)
    assert (out / "nonfinite" / "00000006.safetensors").exists()
    faults.run(out, nonfinite="rewind")
    assert rewinds(out) == [5], "the oldest checkpoint that was left"


def to_overflow(method: Method, _batch: Batch) -> None:
    for module in method.encoder.modules():
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d):
            module.weight.data *= 1e30


@pytest.mark.parametrize("piece", [None, 8])
@pytest.mark.parametrize("overflows", [False, True])
def test_the_bad_update_can_be_done_again(
    overflows: bool, piece: int | None, faults: Faults, tmp_path: Path
) -> None:
    faults.bad = lambda update, _out: update == 5
    faults.spoil = to_overflow if overflows else faults.spoil
    with pytest.raises(NotFiniteError, match=r"update 5[\s\S]*replay"):
        faults.run(tmp_path / "run", piece=piece)
    faults.bad = lambda _update, _out: False
    again = replay(tmp_path / "run")
    assert again.update == 5
    assert not math.isfinite(again.loss)
    assert again.first is not None
    assert again.first.startswith("the output of encoder" if overflows else "view 0")
    facts = json.loads((tmp_path / "run" / "nonfinite" / "00000005.json").read_text())
    assert facts["views_not_finite"] == ([] if overflows else [0])
    assert len(facts["images"]) == 20
