"""Studies train dozens of tiny encoders here."""

from pathlib import Path

import pytest

from lookalike.data.named import NAMED, Named, Split

SHAPES = NAMED["shapes"]


@pytest.fixture(autouse=True)
def no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program beside an encoder's weights takes longer than its training, and has its tests."""
    monkeypatch.setattr("lookalike.export.encoder_folder.program", lambda *_: b"")


@pytest.fixture(autouse=True)
def few_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """To test encoders on a thousand takes longer than to train them."""
    monkeypatch.setitem(NAMED, "shapes", fewer)


def fewer(part: Split) -> Named:
    """Two hundred shapes."""
    images, label, classes, factors = SHAPES(part)
    factors = {name: values[:200] for name, values in factors.items()}
    return Named(images[:200], label[:200], classes, factors)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the run folders that studies share."""
    return tmp_path_factory.mktemp("studies")
