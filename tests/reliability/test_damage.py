"""Whatever happens to the files of a checkpoint is noticed, told, and mended by the one before."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from lookalike.errors import StorageError
from lookalike.training.checkpoint import generations, restore, save, trained_weights
from lookalike.training.manifest import FORMAT
from lookalike.training.optimizers import parameter_groups, sgd

FILES = ("state.safetensors", "manifest.json")
Learner = tuple[nn.Module, torch.optim.Optimizer]


def learner(seed: int) -> Learner:
    module = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return module, sgd(parameter_groups(module))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of 1 and 2 updates."""
    folder = tmp_path_factory.mktemp("sound")
    for done in (1, 2):
        save(folder, done, *learner(done), about={"recipe": "a", "data": "b", "code": "c"})
    return folder


def flip_bits(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def cut(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


def lengthen(content: bytearray, chance: random.Random) -> None:
    content += bytes(chance.randrange(1, 100))


def zero(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content))
    end = min(len(content), start + chance.randrange(1, 512))
    content[start:end] = bytes(end - start)


def move(content: bytearray, chance: random.Random) -> None:
    """Two pieces change places."""
    length = chance.randrange(1, len(content) // 3)
    first = chance.randrange(len(content) - 2 * length)
    second = chance.randrange(first + length, len(content) - length + 1)
    one, two = content[first : first + length], content[second : second + length]
    content[first : first + length], content[second : second + length] = two, one


DAMAGES: list[Callable[[bytearray, random.Random], None]] = [
    flip_bits, flip_bits, flip_bits, cut, lengthen, zero, move,
]  # fmt: skip


def damage(folder: Path, chance: random.Random) -> None:
    """Changes the newest checkpoint; both of its files are still those of `sound`."""
    newest, other = folder / "00000002", folder / "00000001"
    kind = chance.randrange(100)
    path = newest / chance.choice(FILES)
    if kind < 3:
        path.unlink()
    elif kind < 5:
        path.write_bytes((other / path.name).read_bytes())
    elif kind < 6:
        path.unlink()
        path.mkdir()
    elif kind < 7:
        for name in FILES:
            (newest / name).write_bytes((other / name).read_bytes())
    else:
        before = path.read_bytes()
        content = bytearray(before)
        while content == before:
            chance.choice(DAMAGES)(content, chance)
        path.write_bytes(content)


@pytest.mark.parametrize("trials", [1000, pytest.param(50_000, marks=pytest.mark.nightly)])
def test_every_damage_is_noticed(trials: int, sound: Path, tmp_path: Path) -> None:
    chance = random.Random(trials)  # noqa: S311 - damages, not secrets
    folder, pair = tmp_path / "checkpoints", learner(0)
    shutil.copytree(sound, folder)
    weights = [tensor.clone() for tensor in learner(1)[0].state_dict().values()]
    for _ in range(trials):
        damage(folder, chance)
        told: list[str] = []
        assert restore(folder, *pair, tell=told.append) == 1
        assert len(told) == 1
        assert "00000002 is damaged: " in told[0]
        for tensor, expected in zip(pair[0].state_dict().values(), weights, strict=True):
            assert torch.equal(tensor, expected)
        shutil.rmtree(folder / "00000002.damaged")
        shutil.copytree(sound / "00000002", folder / "00000002")
    assert restore(folder, *pair) == 2


def test_a_damaged_one_does_not_count_and_is_kept(sound: Path, tmp_path: Path) -> None:
    """The sound one before it is not removed in its place, however often is saved."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(sound, folder)
    (folder / "00000002" / FILES[0]).write_bytes(b"")
    assert restore(folder, *learner(0), tell=lambda _: None) == 1
    save(folder, 2, *learner(2))
    assert [path.name for path in generations(folder)] == ["00000002", "00000001"]
    assert restore(folder, *learner(0)) == 2
    save(folder, 3, *learner(3))
    assert {path.name for path in folder.iterdir()} == {
        "00000003", "00000002", "00000002.damaged",
    }  # fmt: skip


def test_a_checkpoint_that_is_there_is_written_again_only_if_damaged(
    sound: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "checkpoints"
    shutil.copytree(sound, folder)
    state = folder / "00000002" / FILES[0]
    before = state.read_bytes()
    save(folder, 2, *learner(7))
    assert state.read_bytes() == before
    state.write_bytes(b"")
    save(folder, 2, *learner(2))
    assert state.read_bytes() == before


def test_none_is_sound(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    shutil.copytree(sound, folder)
    for path in folder.glob("*/state.safetensors"):
        path.unlink()
    with pytest.raises(StorageError, match="None of the 2 checkpoints") as error:
        restore(folder, *learner(0))
    assert "00000001: state.safetensors: No such file" in str(error.value)
    assert len(generations(folder)) == 2, "nothing was moved"


def test_the_weights_of_an_encoder_are_not_those_of_another_moment(
    sound: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run" / "checkpoints"
    shutil.copytree(sound, folder)
    assert torch.equal(trained_weights(folder)["0.weight"], learner(2)[0].state_dict()["0.weight"])
    (folder / "00000002" / FILES[0]).write_bytes(b"")
    with pytest.raises(StorageError, match="The newest checkpoint"):
        trained_weights(folder)


def test_a_later_format_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("lookalike.training.manifest.FORMAT", FORMAT + 1)
        save(tmp_path, 1, *learner(1))
    with pytest.raises(StorageError) as error:
        restore(tmp_path, *learner(0))
    assert "was written by a later version" in str(error.value)
    assert f"format is {FORMAT + 1}, and this version reads up to {FORMAT}" in str(error.value)


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, ""),
        ({"recipe": "x"}, "differs in recipe"),
        ({"data": "x", "recipe": "x"}, "differs in data and recipe"),
        ({"code": "x", "recipe": "x"}, ""),
    ],
)
def test_checkpoints_of_another_run(changed: dict[str, str], refused: str, sound: Path) -> None:
    about = {"recipe": "a", "data": "b", "code": "c"} | changed
    if not refused:
        assert restore(sound, *learner(0), about=about) == 2
        return
    with pytest.raises(StorageError, match="not of the run in this folder") as error:
        restore(sound, *learner(0), about=about)
    assert refused in str(error.value)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "null", '{"format": 1}', '{"format": "one", "updates": 2}', "[" * 100_000,
     '{"format": Infinity, "updates": 2}', '{"format": 1, "updates": 2}',
     '{"format": 1, "updates": 2, "files": 3}', '{"format": 1, "updates": 2, "files": {"x": {}}}',
     '{"format": 1, "updates": 2, "files": {"state.safetensors": {"bytes": -1, "sha256": 3}}}'],
)  # fmt: skip
def test_manifests_that_are_none(content: str, sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    shutil.copytree(sound, folder)
    (folder / "00000002" / "manifest.json").write_text(content)
    assert restore(folder, *learner(0), tell=lambda _: None) == 1


def test_a_manifest_says_what_it_is_of(sound: Path) -> None:
    manifest = json.loads((sound / "00000002" / "manifest.json").read_text())
    assert manifest["format"] == FORMAT
    assert manifest["torch"] == torch.__version__
    assert manifest["threads"] == torch.get_num_threads()
    assert manifest["run"] == {"recipe": "a", "data": "b", "code": "c"}
    size = (sound / "00000002" / "state.safetensors").stat().st_size
    assert manifest["files"]["state.safetensors"]["bytes"] == size
