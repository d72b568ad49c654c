"""Memory that ends: foreseen, told with a setting that fits, and never a smaller batch in silence."""

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lookalike.errors import UsageError
from lookalike.method import Batch
from lookalike.randomness import image_keys
from lookalike.recipe import fitting, memory
from lookalike.recipe.build import build_method, build_optimizer
from lookalike.recipe.fitting import fitting_batch
from lookalike.recipe.memory import need
from lookalike.recipe.overrides import Layer, resolve
from lookalike.recipe.plan import Plan
from lookalike.recipe.schema import Recipe
from lookalike.run import pretrain
from lookalike.training import large_batch
from lookalike.training.loop import train
from lookalike.training.memory import Meter
from lookalike.training.runtime import Runtime

CPU = torch.device("cpu")
RUNTIME = Runtime(CPU, torch.float32)
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")

RECIPE: dict[str, Any] = {
    "name": "tiny",
    "method": {"name": "simclr"},
    "encoder": {"name": "resnet8"},
    "views": "simclr-digits",
    "data": {"path": "digits", "limit": 80},
    "batch": 20,
    "duration": "2 epochs",
    "optimizer": {"name": "sgd"},
    "rate": {"constant": 0.05},
}


def recipe(**changes: Any) -> Recipe:
    return resolve([Layer("test", RECIPE), Layer("change", changes)])


def test_the_meter_counts_what_lives() -> None:
    with Meter() as meter:
        first = torch.zeros(1000)
        first.view(10, 100)[0] += 1
        del first
        second = torch.zeros(500)
    assert meter.most == 4000
    assert meter.now == second.nbytes


def resident(word: str) -> int:
    """Bytes that this process has ("VmRSS") or had at its most ("VmHWM")."""
    line = next(x for x in STATUS.read_text().splitlines() if x.startswith(word))
    return int(line.split()[1]) * 1024


def peak(work: Callable[[], object]) -> int:
    """Bytes by which the process grows at its most."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    CLEAR.write_text("5")
    before = resident("VmRSS")
    work()
    return resident("VmHWM") - before


def two_updates(recipe: Recipe) -> None:
    method = RUNTIME.place(build_method(recipe, 3, 10))
    image = torch.arange(recipe.batch)
    views = [torch.rand(recipe.batch, 3, view.size, view.size) for view in recipe.views]
    views = [view.to(memory_format=torch.channels_last) for view in views]
    batch = Batch(tuple(views), image, image % 10, image_keys(0, 0, image))
    settings: dict[str, Any] = {"runtime": RUNTIME, "seed": 0, "start": 0, "updates": 2}
    optimizer = build_optimizer(recipe, method)
    train(method, [batch] * 2, optimizer, lambda _: 1e-3, piece=recipe.piece, **settings)


SMALLEST: dict[str, Any] = {"views": "simclr-cifar", "batch": 4}

ENCODERS: dict[str, dict[str, Any]] = {
    "resnet18": {"views": "simclr-cifar", "batch": 12},
    "resnet20": {"views": "simclr-cifar", "batch": 64},
    "vit_tiny_patch16_224": {
        "views": {"preset": "simclr-cifar", "size": 96},
        "batch": 16,
        "optimizer": {"name": "adamw"},
    },
}


@pytest.mark.skipif(not CLEAR.exists(), reason="the peak of a process is reset by Linux alone")
@pytest.mark.parametrize("name", ENCODERS)
def test_the_need_is_known_before(name: str) -> None:
    """Within a quarter of what the process really takes."""
    wanted = recipe(encoder={"name": name}, **ENCODERS[name])
    needed = need(wanted, 3, 10, RUNTIME)
    two_updates(recipe(**SMALLEST))  # loads what any training does
    found = peak(lambda: two_updates(wanted))
    assert needed.total - needed.program == pytest.approx(found, rel=0.25)


def test_a_piece_needs_less() -> None:
    whole = need(recipe(batch=64), 1, 10, RUNTIME)
    piece = need(recipe(batch=64, piece=8), 1, 10, RUNTIME)
    assert piece.work < whole.work / 4
    assert piece.views == whole.views == 4 * 64 * 2 * 8 * 8


def out_of_memory() -> list[Exception]:
    """What CUDA, Python and torch's CPU allocator raise."""
    words = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."
    return [torch.OutOfMemoryError("CUDA out of memory."), MemoryError(), RuntimeError(words)]


@pytest.mark.parametrize("update", [0, 5])
@pytest.mark.parametrize("error", out_of_memory(), ids=lambda error: type(error).__name__)
def test_the_end_of_memory_is_one_message(
    error: Exception, update: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    original = large_batch.step

    def step(*arguments: Any, **settings: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == update + 1:
            raise error
        return original(*arguments, **settings)

    monkeypatch.setattr(large_batch, "step", step)
    with pytest.raises(UsageError) as caught:
        pretrain(recipe(), tmp_path / "run", evaluate=False)
    message = str(caught.value)
    assert "20 images at once are too many" in message
    assert "piece=16" in message, "the largest power of two below what there was"
    assert "batch norm, where there is any, sees 16" in message
    assert caught.value.exit_code == 2
    assert calls == update + 1, "it did not try another batch by itself"


def test_other_errors_stay_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def step(*_: Any, **__: Any) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(large_batch, "step", step)
    with pytest.raises(RuntimeError, match="mat1"):
        pretrain(recipe(), tmp_path / "run")


@pytest.mark.parametrize("most", [2, 3, 20, 256, 4096, 60000])
def test_the_largest_batch_that_fits_in_six_tries(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every limit, beside a loop that tries them all."""
    monkeypatch.setattr(fitting, "room", lambda _device: 1000 * fitting.SHARE**-1)
    for power in range(1, 17):
        tries: list[int] = []

        def size(batch: int, power: int = power, tries: list[int] = tries) -> int:
            tries.append(batch)
            return 1000 * batch // 2**power

        batch, why = fitting_batch(most, CPU, size)
        assert batch == max(2**i for i in range(1, 17) if 2**i <= most and 2**i <= 2**power)
        assert len(tries) <= fitting.TRIES
        assert f"batch={batch}" in why


def test_nothing_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "room", lambda _device: 1000)
    with pytest.raises(UsageError, match="Not even a batch of 2"):
        fitting_batch(512, CPU, lambda batch: batch * 1000)


def test_an_automatic_batch_is_the_runs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found once, told, and the same when the command is typed again on a larger machine."""
    out, changes = tmp_path / "run", {"batch": "auto", "data": {"path": "digits", "limit": 300}}
    words = ("duration=1 step",)
    large = need(recipe(batch=128), 1, 100, RUNTIME)
    monkeypatch.setattr(memory, "_program", lambda: 0)
    monkeypatch.setattr(fitting, "room", lambda _device: large.total - large.program)
    found, remarks = Plan("simclr-digits", words, changes, out).recipe("cpu")
    assert found.batch in (32, 64, 128)
    assert f"batch={found.batch}" in remarks[-1]
    pretrain(found, out, evaluate=False)
    monkeypatch.setattr(fitting, "room", lambda _device: 10**12)
    again, remarks = Plan("simclr-digits", words, changes, out).recipe("cpu")
    assert again == found
    assert "as it was begun" in remarks[-1]
    other, _ = Plan("simclr-digits", words, changes, tmp_path / "other").recipe("cpu")
    assert other.batch == 256
