"""What `pretrain X` means."""

from pathlib import Path

import pytest

from lookalike import text
from lookalike.errors import UsageError
from lookalike.recipe.library import find, packaged, refuse_another
from lookalike.recipe.overrides import Layer, resolve
from lookalike.recipe.schema import Recipe
from lookalike.recipe.units import Duration

HEADER = ("command", "machine", "time", "result", "paper")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make_run(folder: Path, recipe: Recipe) -> None:
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text(text.dump(recipe.dump()))


def packaged_recipe(name: str) -> Recipe:
    base = find(name)
    assert base.kind == "recipe"
    return resolve([Layer(base.origin, base.mapping)])


@pytest.mark.parametrize("name", packaged())
def test_packaged_recipes(name: str) -> None:
    recipe = packaged_recipe(name)
    assert recipe.name == name
    assert recipe.remarks() == []
    lines = packaged()[name].splitlines()
    assert 10 <= len(lines) <= 30
    comments = [line.removeprefix("# ") for line in lines if line.startswith("# ")]
    assert [c.partition(":")[0] for c in comments if c.partition(":")[0] in HEADER] == list(HEADER)
    command = next(c for c in comments if c.startswith("command:")).split()[1:]
    assert command[:3] == ["lookalike", "pretrain", name]
    assert ("--data" in command) == (recipe.data.path is None)


def test_the_papers_numbers() -> None:
    imagenet = packaged_recipe("simclr-imagenet")
    assert imagenet.rate.peak(imagenet.batch) == pytest.approx(4.8)
    assert (imagenet.method["temperature"], imagenet.method["outputs"]) == (0.1, 128)
    assert imagenet.optimizer["weight_decay"] == 1e-6
    assert (imagenet.duration, imagenet.warmup) == (Duration(100, "epochs"), Duration(10, "epochs"))
    cifar = packaged_recipe("simclr-cifar10")
    assert (cifar.batch, cifar.duration) == (1024, Duration(1000, "epochs"))
    assert cifar.method["temperature"] == 0.5
    assert [(view.size, view.blur) for view in cifar.views] == [(32, None), (32, None)]
    small = packaged_recipe("simclr-cifar10-small")
    assert (small.encoder["name"], small.data.limit, small.batch) == ("resnet8", 10_000, 256)
    digits = packaged_recipe("simclr-digits")
    assert digits.data.path == "digits"
    assert [(view.flip, view.jitter) for view in digits.views] == [(0.0, None), (0.0, None)]


def test_the_four_meanings(recipe: Recipe) -> None:
    make_run(Path("runs/mine"), recipe)
    Path("other.yaml").write_text(text.dump(recipe.dump() | {"name": "said"}))
    Path("nameless.yml").write_text("batch: 3\n")
    assert find("runs/mine").kind == "run folder"
    assert find("runs/mine").folder == Path("runs/mine")
    assert find("other.yaml").mapping["name"] == "said"
    assert find("nameless.yml").mapping == {"name": "nameless", "batch": 3}
    assert find("./nameless.yml").kind == "file"
    assert find("simclr-digits").kind == "recipe"
    assert find("simclr").kind == "method"


def test_two_meanings_are_refused(recipe: Recipe) -> None:
    make_run(Path("simclr"), recipe)
    with pytest.raises(UsageError, match=r"both a run folder .* and a method") as caught:
        find("simclr")
    assert "./simclr" in caught.value.do
    assert find("./simclr").kind == "run folder"


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("simcrl", "'simclr'"),
        ("simclr-cifar-10", "'simclr-cifar10'"),
        ("mine", "'mine.yaml'"),
        ("runs/mien", "runs/mine"),
        ("mien.yaml", "mine.yaml"),
        ("xyz/abc", "lookalike list recipes"),
        ("photos", "--data photos"),
    ],
)
def test_nothing_of_that_name(recipe: Recipe, what: str, says: str) -> None:
    make_run(Path("runs/mine"), recipe)
    Path("mine.yaml").write_text("batch: 3\n")
    Path("photos").mkdir()
    with pytest.raises(UsageError) as caught:
        find(what)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"- 1\n", "not a recipe"),
        (b"a: [\n", "YAML"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"", "not"),
    ],
)
def test_files_that_are_no_recipe(content: bytes, says: str) -> None:
    Path("bad.yaml").write_bytes(content)
    with pytest.raises(UsageError, match=says) as caught:
        find("bad.yaml")
    assert "bad.yaml" in str(caught.value)


def test_a_folder_with_another_run(recipe: Recipe) -> None:
    make_run(Path("runs/mine"), recipe)
    refuse_another(Path("runs/mine"), recipe)
    refuse_another(Path("runs/new"), recipe)
    with pytest.raises(UsageError, match="another recipe") as caught:
        refuse_another(Path("runs/mine"), recipe.model_copy(update={"seed": 7}))
    assert caught.value.why == "It differs in seed: 0 → 7."
    assert "lookalike pretrain runs/mine" in caught.value.do
    assert "--out" in caught.value.do
