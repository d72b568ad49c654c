"""Studies train dozens of tiny encoders here."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program beside an encoder's weights takes longer than its training, and has its tests."""
    monkeypatch.setattr("lookalike.export.encoder_folder.program", lambda *_: b"")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the run folders that studies share."""
    return tmp_path_factory.mktemp("studies")
