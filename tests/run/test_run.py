"""A run from end to end at a tiny size: what lies in its folder, going on, and being refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from PIL import Image
from rich.console import Console

from lookalike.data.opening import open_source
from lookalike.errors import DataError, StorageError, UsageError
from lookalike.recipe.overrides import Layer, resolve
from lookalike.recipe.schema import Recipe
from lookalike.run import load, pretrain
from lookalike.start import Run

BASE: dict[str, Any] = {
    "name": "tiny",
    "method": {"name": "simclr"},
    "encoder": {"name": "resnet8"},
    "views": "simclr-digits",
    "data": {"path": "digits", "limit": 200},
    "batch": 50,
    "duration": "3 epochs",
    "optimizer": {"name": "sgd"},
    "rate": {"constant": 0.05},
    "warmup": "1 epoch",
}


def recipe(**changes: Any) -> Recipe:
    return resolve([Layer("test", BASE), Layer("change", changes)])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(recipe(), tmp_path_factory.mktemp("runs") / "tiny")


def trained(recipe: Recipe, out: Path) -> Run:
    assert pretrain(recipe, out) == out
    return Run(out)


def test_what_lies_in_the_folder(run: Run) -> None:
    names = {path.name for path in run.path.iterdir()}
    assert names >= {
        "recipe.yaml",
        "metrics.jsonl",
        "checkpoints",
        "encoder",
        "evaluations",
        "views.png",
        "report.html",
        "README.md",
        "environment.json",
        "ledger.json",
        "tensorboard",
        "end.json",
    }
    rows = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    assert [row["update"] for row in rows] == list(range(12))
    assert rows[3].keys() >= {"loss", "rate", "contrastive_accuracy", "knn", "effective_rank"}
    assert rows[0]["rate"] == 0
    ledger = json.loads((run.path / "ledger.json").read_text())
    assert ledger["used"] == 200


def test_no_pickle_in_the_folder(run: Run) -> None:
    for path in run.path.rglob("*"):
        if path.is_file() and path.suffix != ".pt2":
            assert b"\x80\x04\x95" not in path.read_bytes(), path
            assert path.suffix not in (".pt", ".pth", ".pkl", ".ckpt")


def test_the_recipe_goes_in_and_out(run: Run) -> None:
    assert run.recipe == recipe()


def test_done_is_done(run: Run) -> None:
    before = (run.path / "metrics.jsonl").read_bytes()
    console = Console(record=True, width=200, quiet=False, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    pretrain(recipe(), run.path, console=console)
    console.file.close()
    assert "already done" in console.export_text()
    assert (run.path / "metrics.jsonl").read_bytes() == before


def test_another_recipe_is_refused_with_the_difference(run: Run) -> None:
    with pytest.raises(UsageError) as error:
        pretrain(recipe(method={"temperature": 0.3}), run.path)
    assert "method.temperature: 0.1 → 0.3" in str(error.value)
    assert "--out" in str(error.value)


def test_other_images_are_refused(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 60)
    changes = {"data": {"path": str(folder), "limit": None}, "duration": "1 epoch"}
    pretrain(recipe(**changes), tmp_path / "run")
    shutil.rmtree(folder)
    write_pictures(folder, 59)
    with pytest.raises(UsageError, match="saw other images"):
        pretrain(recipe(**changes), tmp_path / "run")


def test_pictures_without_labels(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 60)
    (folder / "broken.png").write_bytes(b"no picture")
    run = trained(
        recipe(data={"path": str(folder), "limit": None}, duration="4 steps"), tmp_path / "run"
    )
    assert not (run.path / "evaluations").exists()
    assert "broken.png" in (run.path / "report.html").read_text()
    with pytest.raises(DataError, match="labels"):
        run.evaluate("knn")
    assert run.evaluate("knn", data="digits")[-1].subject == "trained"


def test_strict_stops_and_leaves_nothing(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 60)
    (folder / "broken.png").write_bytes(b"no picture")
    changes = {"data": {"path": str(folder), "limit": None}}
    with pytest.raises(DataError, match="1 of 61 pictures cannot be used"):
        pretrain(recipe(**changes), tmp_path / "run", strict=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"batch": 201}, UsageError),
        ({"data": {"path": None}}, UsageError),
        ({"encoder": {"name": "resnet21"}}, UsageError),
        ({"data": {"path": "nowhere"}}, DataError),
    ],
)
def test_a_failed_start_leaves_nothing(
    changes: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error):
        pretrain(recipe(**changes), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_unwritable_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Cannot write"):
        pretrain(recipe(), tmp_path / "file" / "run")


def test_load_gives_the_features_that_were_evaluated(run: Run) -> None:
    encoder = load(run.path)
    digits = open_source("digits", "train", limit=20)
    views = torch.stack([encoder.transform(image) for image in digits.images])
    with torch.no_grad():
        features = encoder(views)
    assert features.shape == (20, 64)
    assert not encoder.training
    copied = torch.export.load(str(run.path / "encoder" / "encoder.pt2")).module()
    assert torch.allclose(copied(views), features, atol=1e-5)


def test_a_timm_architecture_loads_with_one_timm_line(tmp_path: Path) -> None:
    settings = {"encoder": {"name": "resnet18", "stem": "standard"}, "duration": "1 step"}
    run = trained(recipe(**settings, warmup="0 steps"), tmp_path / "run")
    model = timm.create_model(
        f"local-dir:{run.path / 'encoder'}", pretrained=True, num_classes=0
    ).eval()
    encoder = load(run.path)
    views = torch.rand(3, 1, 8, 8)
    with torch.no_grad():
        assert torch.allclose(model(views), encoder(views), atol=1e-5)


def test_evaluations_are_repeatable_and_beside_their_baselines(run: Run) -> None:
    first = run.evaluate("knn", "prototypes")
    assert [r.subject for r in first] == ["pixels"] * 2 + ["untrained"] * 2 + ["trained"] * 2
    again = run.evaluate("knn", "prototypes")
    assert [r.metrics for r in first] == [r.metrics for r in again]
    stored = json.loads((run.path / "evaluations" / "knn.json").read_text())
    assert [r["subject"] for r in stored] == ["pixels", "untrained", "trained"]
    assert stored[0]["n_test"] == 450


def test_no_encoder_yet(run: Run, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text((run.path / "recipe.yaml").read_text())
    with pytest.raises(StorageError, match="no encoder"):
        Run(tmp_path).evaluate("knn")


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run folder"):
        Run(tmp_path)


def write_pictures(folder: Path, count: int) -> Path:
    """Grey pictures of 8×8 noise."""
    from PIL import Image

    folder.mkdir()
    noise = torch.randint(
        0, 256, (count, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    for i, pixels in enumerate(noise):
        Image.fromarray(pixels.numpy()).save(folder / f"{i}.png")
    return folder


def test_methods_say_when_labels_are_missing(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Image.new("RGB", (16, 16)).save(tmp_path / f"{name}.png")
    changes: dict[str, Any] = {"data": {"path": str(tmp_path)}, "batch": 2, "views": "supcon-cifar"}
    for method in ("supcon", "supervised"):
        with pytest.raises(DataError, match="learns from labels, and 2 of the 2 images"):
            pretrain(recipe(method=method, **changes), tmp_path / "run")


def test_monitors_judge_images_that_are_not_trained_on(tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        "data": {"path": "digits", "limit": 200, "held_out": 0.2},
        "monitor": ["probe", "linear", "knn.k=5"],
    }
    run = trained(recipe(**changes), tmp_path / "run")
    rows = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    assert len(rows) == 9  # 160 images in batches of 50, three times
    looked = [row for row in rows if "held_out_probe" in row]
    assert len(looked) == 3
    for name in ("held_out_probe", "held_out_linear", "held_out_knn k=5"):
        assert 0.1 < looked[-1][name] <= 1
    assert "Held-out probe" in (run.path / "report.html").read_text()


@pytest.mark.parametrize(
    ("monitor", "says"),
    [
        (["probe"], "data.held_out=0.1"),
        (["knnn"], "Did you mean 'knn'"),
        (["knn.l=3"], "knn has no setting l"),
    ],
)
def test_wrong_monitors(monitor: list[str], says: str) -> None:
    with pytest.raises(UsageError) as error:
        recipe(monitor=monitor)
    assert says in str(error.value)


def test_it_is_tested_on_the_size_that_the_recipe_says(tmp_path: Path) -> None:
    run = trained(recipe(duration="1 step", warmup="0 steps", test_size=12), tmp_path / "run")
    stored = json.loads((run.path / "evaluations" / "knn.json").read_text())
    assert all("size=12" in report["how"]["policy"] for report in stored)
    encoder = load(run.path)
    digit = open_source("digits", "train", limit=2).images[0]
    assert encoder.transform(digit).shape == (1, 12, 12)
    larger = run.evaluate("knn", size=16)[-1]
    assert "size=16" in larger.how["policy"]


def test_z_is_asked_beside_h(run: Run) -> None:
    asked = run.evaluate("transformations.probe=linear", "transformations.images=60", size=12)
    assert [r.subject for r in asked] == ["pixels", "untrained", "trained", "projection"]
    assert all("size=12" in r.how["policy"] for r in asked)
    assert asked[-1].metrics.keys() == asked[-2].metrics.keys()
    assert asked[-1].metrics != asked[-2].metrics
