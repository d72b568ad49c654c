"""From what was typed to a recipe and a folder."""

from pathlib import Path

import pytest

from lookalike import text
from lookalike.errors import DataError, StorageError, UsageError
from lookalike.recipe.plan import Plan


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    return tmp_path


def test_a_method_takes_its_defaults_from_the_images() -> None:
    plan = Plan("simclr", ["method.temperature=0.3"], {"data": "digits"})
    recipe, remarks = plan.recipe("cpu")
    assert plan.out == Path("runs/simclr-digits")
    assert recipe.name == "simclr-digits"
    assert (recipe.encoder["name"], recipe.views[0].size) == ("resnet20", 8)
    assert recipe.method["temperature"] == 0.3
    assert "8 px" in remarks[0]


def test_names_of_run_folders() -> None:
    assert Plan("simclr", [], {"data": "photos/"}).out == Path("runs/simclr-photos")
    assert Plan("simclr", ["name=mine"], {"data": "photos"}).out == Path("runs/mine")
    assert Plan("simclr-digits").out == Path("runs/simclr-digits")
    assert Plan("simclr-digits", out=Path("there")).out == Path("there")


def test_a_run_folder_goes_on_in_itself(here: Path) -> None:
    recipe, _ = Plan("simclr-digits").recipe()
    (here / "old").mkdir()
    (here / "old/recipe.yaml").write_text(text.dump(recipe.dump()))
    plan = Plan("./old")
    assert plan.out.resolve() == here / "old"
    assert plan.recipe()[0] == recipe
    assert Plan("old", out=Path("new")).out == Path("new")
    assert recipe.differences(Plan("old", ["seed=5"]).recipe()[0]) == ["seed: 0 → 5"]


def test_packaged_recipes_do_not_look_at_the_images() -> None:
    recipe, remarks = Plan("simclr-cifar10", [], {"data": "photos", "batch": 8}).recipe("cuda")
    assert (recipe.data.path, recipe.batch, remarks) == ("photos", 8, [])


def test_no_images_named() -> None:
    plan = Plan("simclr-cifar10")
    with pytest.raises(UsageError, match="simclr-cifar10 does not say which images") as caught:
        plan.data()
    assert "--data" in caught.value.do
    with pytest.raises(UsageError, match="--data"):
        Plan("simclr").recipe()


def test_mistakes_are_found_before_the_images_are_looked_at(here: Path) -> None:
    with pytest.raises(UsageError, match=r"method\.temprature"):
        Plan("simclr", ["method.temprature=1"], {"data": "photos"})
    with pytest.raises(DataError, match="photso"):
        Plan("simclr", [], {"data": "photso"})
    (here / "file").touch()
    with pytest.raises(StorageError, match="file"):
        Plan("simclr-digits", out=here / "file")


def test_remarks_are_handed_on() -> None:
    _, remarks = Plan("simclr-digits", ["duration=1 epoch"]).recipe()
    assert "warmup" in remarks[0]
