"""The transfer suite from the command line's side: sets found, judged, kept and tabled."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from lookalike.errors import DataError
from lookalike.recipe.overrides import Layer, resolve
from lookalike.run import pretrain
from lookalike.run.judging.transfer import transfer_run
from run.test_run import BASE


def _write(folder: Path, classes: dict[str, int], seed: int = 0) -> None:
    chance = np.random.default_rng(seed)
    for number, (name, count) in enumerate(classes.items()):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = chance.normal(50 + 60 * number, 20, (20 + i, 24)).clip(0, 255)
            Image.fromarray(pixels.astype("uint8")).save(folder / name / f"{i}.png")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    layers = [Layer("test", BASE), Layer("change", {"duration": "1 step", "warmup": "0 steps"})]
    path = tmp_path_factory.mktemp("runs") / "tiny"
    pretrain(resolve(layers), path)
    return path


def _transfer(run: Path, root: Path, *sets: str, also: tuple[str, ...] = ()) -> str:
    console = Console(record=True, width=160, file=io.StringIO())
    settings = {"download": False, "seed": 0, "device": "cpu", "workers": 0, "console": console}
    transfer_run(run, root, sets=sets, also=also, **settings)  # type: ignore[arg-type]
    return console.export_text()


def test_a_set_of_the_papers_and_one_of_ones_own(run: Path, tmp_path: Path) -> None:
    classes = {"a": 10, "b": 10, "c": 10}
    _write(tmp_path / "dtd/train", classes)
    _write(tmp_path / "dtd/test", dict.fromkeys(classes, 4), seed=1)
    _write(tmp_path / "mine", classes, seed=2)
    shown = _transfer(run, tmp_path, also=(str(tmp_path / "mine"),))
    assert "mean of 1 of the papers' 12 sets" in shown
    assert "missing" in shown
    kept = json.loads((run / "evaluations/transfer to DTD.json").read_text())
    assert [report["subject"] for report in kept] == ["pixels", "untrained", "trained"]
    assert kept[0]["how"]["set"] == "DTD"
    assert kept[0]["n_test"] == 12
    assert (run / "evaluations/transfer to DTD.safetensors").exists()
    assert (run / "evaluations/transfer to mine.json").exists()
    assert "transfer to DTD" in (run / "report.html").read_text()


def test_nothing_there_is_told(run: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="None of the papers' sets") as error:
        _transfer(run, tmp_path)
    assert "cifar-10-batches-py" in str(error.value)
