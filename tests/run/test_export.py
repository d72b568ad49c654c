"""Exports of a run and of an encoder folder: where they go, and what is said of them."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from lookalike.errors import MissingExtraError, StorageError, UsageError
from lookalike.export import hub
from lookalike.export.model_card import model_card
from lookalike.run import export as run_export
from lookalike.start import export_encoder as export
from run.untrained import write_untrained


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_untrained(tmp_path / "run")
    return Path("run")


def test_it_lies_beside_the_encoder_and_in_the_card(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = export(run, to="torch")
    assert path == run / "exports" / "encoder.pt2"
    said = capsys.readouterr().out
    assert said.startswith("run/exports/encoder.pt2 (0.")
    assert "checked with 1, 2 and 7 images: greatest difference" in said
    assert 'encoder = torch.export.load("run/exports/encoder.pt2").module()' in said
    card = (run / "README.md").read_text()
    assert 'torch.export.load("exports/encoder.pt2")' in card
    write_untrained(run, seed=1)  # an encoder that was trained further
    assert "exports/encoder.pt2" not in model_card(run).read_text()
    path.unlink()
    export(run / "encoder", to="torch", normalisation=False, quiet=True)
    names = {each.name for each in (run / "exports").iterdir()}
    assert names == {"encoder-of-normalised-images.pt2", "exports.json"}
    assert "encoder-of-normalised-images.pt2" in model_card(run).read_text()


def test_where_it_is_wanted(run: Path) -> None:
    shutil.copytree(run / "encoder", "copied")
    Path("there").mkdir()
    assert export("copied", to="torch", quiet=True) == Path("exports/copied.pt2")
    assert export(run, to="torch", out="there", quiet=True) == Path("there/encoder.pt2")
    assert export(run, to="torch", out="a/b.pt2", quiet=True) == Path("a/b.pt2")
    assert torch.export.load("a/b.pt2").module()(torch.rand(3, 1, 8, 8)).shape == (3, 64)
    assert not (run / "exports").exists()


def test_only_what_is_said_is_sent(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[dict[str, Any], str]] = []

    def upload(files: dict[str, Any], repository: str, **_: Any) -> str:
        sent.append((files, repository))
        return "https://there"

    monkeypatch.setattr(run_export, "upload", upload)
    monkeypatch.setattr(hub, "check_ready", lambda _: None)
    export(run, to="torch", quiet=True)
    assert sent == []
    export(run, to="torch", hub="me/it", licence="mit", quiet=True)
    ((files, repository),) = sent
    assert repository == "me/it"
    assert files.keys() == {"encoder.pt2", "README.md"}
    card = files["README.md"].decode()
    assert "license: mit" in card
    assert 'torch.export.load("encoder.pt2")' in card
    for private in ("exports/", str(Path.cwd()), "command", "lookalike.load"):
        assert private not in card


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"to": "onxn"}, "Did you mean 'onnx'"),
        ({"to": "timm", "classifier": True}, "never holds a classifier"),
        ({"to": "torchvision", "normalisation": False}, "never holds a normalisation"),
        ({"to": "torch", "data": "digits"}, "Add --classifier"),
        ({"to": "torch", "out": "x.onnx"}, r"end in \.pt2"),
        ({"to": "timm", "out": "full"}, "holds something else"),
        ({"to": "timm"}, "timm cannot build"),
        ({"to": "torchvision"}, "torchvision has no architecture"),
        ({"to": "torch", "hub": "it"}, "USER/NAME"),
        ({"what": "run/encoder", "to": "torch", "hub": "me/it"}, "Name a run folder"),
        ({"what": "run/encoder", "to": "torch", "classifier": True}, "Name a run folder"),
        ({"what": "resnet18", "to": "torch"}, "neither a run nor an encoder folder"),
        ({"what": "rnu", "to": "torch"}, "Did you mean 'run'"),
    ],
)
def test_mistakes(run: Path, options: dict[str, Any], says: str) -> None:
    Path("full").mkdir()
    Path("full/photo.jpg").touch()
    with pytest.raises(UsageError, match=says):
        export(options.pop("what", run), **options)
    assert not (run / "exports").exists()
    assert [each.name for each in Path("full").iterdir()] == ["photo.jpg"]


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, run: Path) -> None:
    monkeypatch.setattr("lookalike.recipe.requests.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"lookalike\[onnx\]"):
        export(run, to="onnx")


def test_a_run_that_has_no_encoder_yet(run: Path) -> None:
    shutil.rmtree(run / "encoder")
    with pytest.raises(StorageError, match="no encoder"):
        export(run, to="torch", quiet=True)


def test_a_place_that_cannot_be_written(run: Path) -> None:
    Path("file").touch()
    with pytest.raises(StorageError, match="Cannot write"):
        export(run, to="torch", out="file/it.pt2", quiet=True)
