"""Studies train dozens of tiny encoders here."""

import pytest


@pytest.fixture(autouse=True)
def no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program beside an encoder's weights takes longer than its training, and has its tests."""
    monkeypatch.setattr("lookalike.export.encoder_folder.program", lambda *_: b"")
