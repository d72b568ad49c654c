"""Uploads, to a hub that is not there."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import HFValidationError
from rich.console import Console

from lookalike.errors import StorageError, UsageError
from lookalike.export.hub import check_ready, upload


class Client:
    """Notes what it is asked, and what had been told by then."""

    def __init__(self, console: Console, error: Exception | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.console, self.error = console, error

    def create_repo(self, name: str, **how: Any) -> None:
        self.told = self.console.export_text(clear=False)
        self.calls.append(("repo", name, how))
        if self.error:
            raise self.error

    def create_commit(self, name: str, operations: list[Any], *, commit_message: str) -> Any:
        sent = {each.path_in_repo: each.path_or_fileobj for each in operations}
        self.calls.append(("commit", name, sent))
        return SimpleNamespace(commit_url="https://there/commit/1")


@pytest.fixture
def console() -> Console:
    with open("/dev/null", "w") as nowhere:  # noqa: PTH123
        yield Console(record=True, width=200, file=nowhere)  # type: ignore[misc]


def test_only_what_is_named_after_it_is_told(tmp_path: Path, console: Console) -> None:
    (tmp_path / "a.onnx").write_bytes(b"123")
    client = Client(console)
    found = upload(
        {"a.onnx": tmp_path / "a.onnx", "README.md": b"12345"},
        "me/encoder",
        console=console,
        client=client,
    )
    assert found == "https://there/commit/1"
    assert client.calls == [
        ("repo", "me/encoder", {"repo_type": "model", "private": True, "exist_ok": True}),
        ("commit", "me/encoder", {"a.onnx": str(tmp_path / "a.onnx"), "README.md": b"12345"}),
    ]
    for words in ("https://huggingface.co/me/encoder", "a.onnx, 3 bytes", "README.md, 5 bytes"):
        assert words in client.told


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionError("no route"), StorageError),
        (RuntimeError("403 Forbidden\nlong"), StorageError),
        (HFValidationError("bad"), UsageError),
    ],
)
def test_what_the_hub_refuses(console: Console, error: Exception, kind: type[Exception]) -> None:
    client = Client(console, error)
    with pytest.raises(kind, match="me/encoder") as caught:
        upload({"README.md": b""}, "me/encoder", console=console, client=client)
    assert str(error).partition("\n")[0] in str(caught.value)
    assert len(client.calls) == 1


def test_nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    with pytest.raises(UsageError, match="hf auth login"):
        check_ready("me/encoder")
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "x")
    check_ready("me/encoder")
    for name in ("encoder", "a/b/c", "me/", "me/en coder"):
        with pytest.raises(UsageError, match="USER/NAME"):
            check_ready(name)
