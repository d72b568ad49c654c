"""`lookalike pretrain`, up to the moment when training would start."""

import shlex
from pathlib import Path

import pytest
import yaml

from cli.commands import Command, Started
from lookalike.recipe.schema import Recipe
from lookalike.recipe.units import Duration


def test_everything_reaches_the_run(command: Command, started: list[Started]) -> None:
    words = (
        "pretrain simclr-cifar10 --data digits --out there method.temperature=0.2 "
        "'duration=20 epochs' --batch 32 --seed 3 --device cpu --workers 2 --strict views.1.blur=null"
    )
    ended = command(*shlex.split(words))
    assert ended.code == 0, ended.err
    [(recipe, out, settings)] = started
    assert out == Path("there")
    assert recipe.method["temperature"] == 0.2
    assert (recipe.batch, recipe.seed, recipe.data.path) == (32, 3, "digits")
    assert recipe.duration == Duration(20, "epochs")
    assert settings.pop("console").quiet is False
    told = {"device": "cpu", "workers": 2, "strict": True}
    assert settings == told | {"other_code": False, "evaluate": True, "track": None}
    assert ended.out == "simclr-cifar10 → there\n"


def test_a_bare_method_says_what_was_chosen(command: Command, started: list[Started]) -> None:
    ended = command("pretrain", "simclr", "--data", "digits", "--device", "cpu")
    assert started[0].out == Path("runs/simclr-digits")
    first, second = ended.out.splitlines()
    assert first == "simclr → runs/simclr-digits"
    assert second.startswith(
        "1,347 images of about 8 px on a cpu: small images, small stem; resnet20"
    )


def test_quiet(command: Command, started: list[Started]) -> None:
    assert command("pretrain", "simclr-digits", "--quiet").out == ""
    assert started[0].settings["console"].quiet is True


def test_paths_with_brackets_are_printed_as_they_are(
    command: Command, started: list[Started]
) -> None:
    assert (
        "runs/[bold]x :smile:"
        in command("pretrain", "simclr-digits", "--out", "runs/[bold]x :smile:").out
    )


def test_a_dry_run_is_a_recipe_file_and_writes_nothing(
    command: Command, started: list[Started], here: Path
) -> None:
    ended = command("pretrain", "simclr-digits", "method.temperature=1e-1", "--dry-run")
    assert ended.code == 0, ended.err
    assert list(here.iterdir()) == []
    assert started == []
    recipe = Recipe.read(yaml.safe_load(ended.out))
    assert recipe.method["temperature"] == 0.1
    comments = [line for line in ended.out.splitlines() if line.startswith("# ")]
    assert "runs/simclr-digits (nothing was written)" in comments[0]
    assert "1,347 images: 5 updates an epoch, 1,500 updates" in comments[1]
    assert "million parameters" in comments[2]

    (here / "mine.yaml").write_text(ended.out)
    again = command("pretrain", "mine.yaml", "--dry-run")
    assert again.out == ended.out


def test_a_dry_run_without_images(command: Command) -> None:
    words = 'pretrain simclr-cifar10 batch=512 duration="20 epochs" --dry-run'
    ended = command(*shlex.split(words))
    assert ended.code == 0, ended.err
    assert "depends on the images: add --data" in ended.out


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("simcrl --data digits", 2, "'simclr'"),
        ("simclr", 2, "--data"),
        ("simclr --data digts", 3, "'digits'"),
        ("simclr-digits encoder=resnt20", 2, "'resnet20'"),
        ("simclr-digits temperature=1", 2, "'method.temperature'"),
        ("simclr-digits --batch 1", 2, "It stands in the argument batch."),
        ("simclr-digits --batch 8 batch=9", 2, "batch is given twice."),
        ("simclr-digits photos/", 2, "--data PATH"),
        ("simclr --data empty", 3, "no usable picture"),
        ("simclr-digits --out file/run", 4, "is a file"),
    ],
)
def test_mistakes_leave_nothing_behind(
    command: Command,
    started: list[Started],
    here: Path,
    dry: list[str],
    words: str,
    code: int,
    says: str,
) -> None:
    (here / "empty").mkdir()
    (here / "file").touch()
    ended = command("pretrain", *words.split(), *dry)
    assert ended.code == code
    assert says in ended.err
    assert started == []
    assert sorted(path.name for path in here.iterdir()) == ["empty", "file"]


def test_a_folder_with_another_run_is_refused_at_once(
    command: Command, started: list[Started], here: Path
) -> None:
    (here / "old").mkdir()
    (here / "old/recipe.yaml").write_text(command("pretrain", "simclr-digits", "--dry-run").out)
    assert command("pretrain", "simclr-digits", "--out", "old").code == 0
    ended = command("pretrain", "simclr-digits", "--out", "old", "--seed", "1")
    assert ended.code == 2
    assert "It differs in seed: 0 → 1." in ended.err
    assert len(started) == 1


def test_the_examples_of_the_help_are_real(
    command: Command, started: list[Started], here: Path
) -> None:
    shown = command("pretrain", "--help").out
    examples = [
        line.removeprefix("$ lookalike ") for line in shown.splitlines() if line[:2] == "$ "
    ]
    assert len(examples) == 3
    (here / "photos").mkdir()
    for i in range(4):
        from PIL import Image

        Image.new("RGB", (100, 80), (i, 0, 0)).save(here / f"photos/{i}.png")
    run = here / "runs/simclr-photos"
    for example in examples:
        ended = command(*shlex.split(example))
        assert ended.code == 0, ended.err
        if not run.exists():  # what training would have left
            run.mkdir(parents=True)
            (run / "recipe.yaml").write_text(yaml.safe_dump(started[0].recipe.dump()))
    assert [call.out for call in started] == [Path("runs/simclr-photos")] * 2
    assert started[0].recipe == started[1].recipe


def test_trackers(
    command: Command, started: list[Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("pretrain", "simclr-digits", "--track")
    monkeypatch.setattr("lookalike.recipe.requests.find_spec", lambda _: None)
    ended = command(*words, "mlflow")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "lookalike: This needs mlflow, which is not installed.\n"
        "Install it with: pip install 'lookalike[mlflow]'\n"
    )
    assert command(*words, "wandbb").code == 2
    assert started == []
    monkeypatch.setattr("lookalike.recipe.requests.find_spec", lambda _: "there")
    assert command(*words, "wandb").code == 0
    assert started[0].settings["track"] == "wandb"
