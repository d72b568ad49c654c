"""What a run will take."""

from collections.abc import Callable

import pytest

from lookalike.errors import UsageError
from lookalike.recipe import fitting, memory
from lookalike.recipe.estimate import estimate, memory_needed, parameters
from lookalike.recipe.look import Look
from lookalike.recipe.schema import Recipe

Change = Callable[..., Recipe]

# ResNet-20 of He et al. with 1x1 shortcuts and one channel more or less; a head of 64-64-128.
CONVOLUTIONS = 9 * (3 * 16 + 6 * 16 * 16 + 16 * 32 + 5 * 32 * 32 + 32 * 64 + 5 * 64 * 64)
SHORTCUTS = 16 * 32 + 32 * 64
NORMS = 2 * (7 * 16 + 7 * 32 + 7 * 64)
HEAD = 64 * 64 + 2 * 64 + 64 * 128 + 128


def test_the_parameters_are_counted(change: Change) -> None:
    assert parameters(change()) == CONVOLUTIONS + SHORTCUTS + NORMS + HEAD
    assert parameters(change(), channels=1) == parameters(change()) - 2 * 9 * 16


def test_an_unknown_encoder_is_told(change: Change) -> None:
    with pytest.raises(UsageError, match="resnt20") as caught:
        parameters(change("encoder=resnt20"))
    assert "resnet20" in caught.value.do


def test_an_unknown_optimizer_is_told(change: Change) -> None:
    with pytest.raises(UsageError, match="'lionn'") as caught:
        parameters(change("optimizer={name: timm, algorithm: lionn, weight_decay: 0}"))
    assert "'lion'" in caught.value.do


def test_sentences(change: Change) -> None:
    length, size = estimate(change("duration=10 epochs"), Look(1000, 32, 3))
    assert "15 updates an epoch, 150 updates, 19,200 views" in length
    assert "0.3 million parameters" in size
    assert "2 MB" in size
    assert "3 MB" in estimate(change("optimizer=adamw"), None)[1]
    assert "--data" in estimate(change(), None)[0]
    assert "do not fill one batch of 64" in estimate(change(), Look(63, 32, 3))[0]


def test_memory_beside_what_there_is(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(room: float, *words: str) -> list[str]:
        for module in (memory, fitting):
            monkeypatch.setattr(module, "room", lambda _device: int(room))
        return memory_needed(change("batch=512", *words), Look(1000, 32, 3), "cpu")

    monkeypatch.setattr(memory, "_program", lambda: 10**8)
    (enough,) = told(1e12)
    assert "of the 1,000 GB of cpu" in enough
    assert "0.1 the program" in enough
    _, advice = told(1e10)
    piece = int(advice.partition("piece=")[2].split()[0])
    assert len(told(1e10, f"piece={piece}")) == 1, "it fits"
    assert len(told(1e10, f"piece={2 * piece}")) == 2
