"""Run folders of every format there has been load, are evaluated, and go on."""

import json
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from lookalike.errors import StorageError, UsageError
from lookalike.lock import locked
from lookalike.run import load, pretrain
from lookalike.run.training import code
from lookalike.start import Run
from lookalike.training.manifest import FORMAT

GOLDEN = Path(__file__).parents[1] / "golden"
FORMATS = sorted(path.name for path in GOLDEN.glob("format-*"))


@pytest.fixture(scope="module", autouse=True)
def registered() -> None:
    """The encoder of the golden runs, among timm's."""
    runpy.run_path(str(GOLDEN / "make.py"))


@pytest.fixture(params=FORMATS)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN / request.param, tmp_path / "run"))


def test_there_is_one_of_each_format() -> None:
    assert [f"format-{number}" for number in range(1, FORMAT + 1)] == FORMATS
    for name in FORMATS:
        size = sum(path.stat().st_size for path in (GOLDEN / name).rglob("*") if path.is_file())
        assert size <= 300_000


def test_it_loads_and_is_evaluated(golden: Path) -> None:
    encoder = load(golden)
    with torch.no_grad():
        assert encoder(torch.zeros(2, 1, 8, 8)).shape == (2, 16)
    reports = Run(golden).evaluate("knn")
    assert [report.subject for report in reports] == ["pixels", "untrained", "trained"]


def test_it_goes_on(golden: Path) -> None:
    """From its checkpoint, probe and optimizers included, whatever code this is."""
    run = pretrain(Run(golden).recipe, golden, other_code=True, evaluate=False)
    assert run is not None
    rows = [json.loads(line) for line in (golden / "metrics.jsonl").read_text().splitlines()]
    assert [row["update"] for row in rows] == list(range(12))
    old = {path.name for path in (GOLDEN / golden.name).glob("checkpoints/*")}
    assert {path.name for path in golden.glob("checkpoints/*")} == {*old, "00000008", "00000012"}
    manifest = json.loads((golden / "checkpoints" / "00000012" / "manifest.json").read_text())
    assert manifest["run"].keys() == {"recipe", "data", "code"}


@pytest.fixture
def newest(tmp_path: Path) -> Path:
    """The golden run of today's format, made by the code that is here now, as far as it says."""
    folder = Path(shutil.copytree(GOLDEN / f"format-{FORMAT}", tmp_path / "run"))
    now = code.code_of(Run(folder).recipe)
    record(folder, now)
    return folder


def record(folder: Path, sources: dict[str, str]) -> None:
    path = folder / "environment.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"code": sources}))


def printed(folder: Path, **how: Any) -> str:
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=500, file=nowhere)
        pretrain(Run(folder).recipe, folder, console=console, evaluate=False, **how)
    return console.export_text()


def test_other_code_is_refused_unless_it_is_asked_for(newest: Path) -> None:
    now = code.code_of(Run(newest).recipe)
    before = now | {"torch": "2.0", "training/loop.py": "x", "views/colour.py": "y"}
    record(newest, before)
    with pytest.raises(UsageError) as error:
        pretrain(Run(newest).recipe, newest)
    words = str(error.value)
    assert f"torch 2.0 → {now['torch']}, training/loop.py, views/colour.py" in words
    assert "--other-code" in words
    assert json.loads((newest / "environment.json").read_text())["code"] == before
    assert "bytes may differ: torch 2.0" in printed(newest, other_code=True)
    assert json.loads((newest / "environment.json").read_text())["code"] == now
    assert "may differ" not in printed(newest), "it was told once"


def test_a_run_that_does_not_say_its_code_goes_on_with_a_remark(newest: Path) -> None:
    path = newest / "environment.json"
    environment = json.loads(path.read_text())
    del environment["code"]
    path.write_text(json.dumps(environment))
    assert "was not recorded" in printed(newest)


def test_other_images_are_refused_with_their_numbers(newest: Path) -> None:
    path = newest / "ledger.json"
    ledger = json.loads(path.read_text()) | {"fingerprint": "x", "used": 201, "name": "others"}
    path.write_text(json.dumps(ledger))
    with pytest.raises(UsageError, match=r"It had 201: others\. Now there are 200: 200 pictures"):
        pretrain(Run(newest).recipe, newest)


def test_an_evaluation_waits_its_turn_too(newest: Path) -> None:
    with locked(newest), pytest.raises(StorageError, match="Another process"):
        Run(newest).evaluate("knn")


def test_which_code_decides() -> None:
    """What training computes with, and of the methods only the run's own."""
    recipe = Run(GOLDEN / f"format-{FORMAT}").recipe
    names = code.code_of(recipe).keys()
    assert {"torch", "methods/simclr.py", "training/loop.py", "views/colour.py"} <= names
    assert not [name for name in names if name.startswith(("cli", "gallery", "export", "evalu"))]
    assert [name for name in names if name.startswith("methods/")] == ["methods/simclr.py"]
