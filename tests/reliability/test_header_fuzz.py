"""Headers and manifests changed at random: a clear refusal or a sound load, at once, in little room."""

import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from lookalike.errors import LookalikeError
from lookalike.evaluation import features
from lookalike.export.encoder_folder import write_encoder
from lookalike.files import sha256
from lookalike.method import Method
from lookalike.nn.encoder import Encoder
from lookalike.nn.published import load_published
from lookalike.recipe.build import build_method, build_optimizer
from lookalike.recipe.overrides import Layer, resolve
from lookalike.run.load import load
from lookalike.training import checkpoint, manifest
from lookalike.views.presets import plain
from reliability.mutants import with_header, written
from reliability.typed import SHORT

RECIPE = resolve([Layer("the test", SHORT | {"name": "fuzz"})])
ROOM = 200 * 2**20
SECONDS = 1.0


@pytest.fixture(scope="module")
def method() -> Method:
    return build_method(RECIPE, 1, 10)


@pytest.fixture(scope="module")
def sound(method: Method, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint, an encoder folder and kept features as they should be."""
    folder = tmp_path_factory.mktemp("sound")
    optimizer = build_optimizer(RECIPE, method)
    checkpoint.save(folder / "checkpoints", 3, method, optimizer)
    write_encoder(method.encoder, folder / "encoder", policy=plain(RECIPE.views[0]))
    found = features.Features(torch.ones(4, 2), torch.ones(4).long(), torch.arange(4))
    features.kept(folder / "features.safetensors", "a", lambda: found)
    return folder


def resume(folder: Path, method: Method) -> None:
    optimizer = build_optimizer(RECIPE, method)
    checkpoint.restore(folder / "checkpoints", method, optimizer, tell=str)


def open_encoder(folder: Path, _: Method) -> None:
    load(folder / "encoder")(torch.zeros(1, 1, 8, 8))


def publish(folder: Path, _: Method) -> None:
    load_published(Encoder("resnet8", 8, 1), folder / "encoder" / "model.safetensors")


def recall(folder: Path, _: Method) -> None:
    made = features.Features(torch.ones(4, 2), torch.ones(4).long(), torch.arange(4))
    found = features.kept(folder / "features.safetensors", "a", lambda: made)
    assert found.values.shape[0] == found.label.shape[0] == found.image.shape[0]


def header_of_a_checkpoint(folder: Path, chance: random.Random) -> None:
    """Its manifest knows of the change: malice, not damage."""
    place = folder / "checkpoints/00000003"
    state, about = place / manifest.STATE, manifest.read(place)
    state.write_bytes(with_header(state.read_bytes(), chance))
    del about["format"], about["files"], about["seal"]
    (place / "manifest.json").unlink()
    manifest.write(place, about, size=state.stat().st_size, sha256=sha256(state))


def json_at(name: str) -> Callable[[Path, random.Random], None]:
    def change(folder: Path, chance: random.Random) -> None:
        content = json.loads((folder / name).read_text())
        (folder / name).write_bytes(written(content, chance))

    return change


def header_at(name: str) -> Callable[[Path, random.Random], None]:
    def change(folder: Path, chance: random.Random) -> None:
        (folder / name).write_bytes(with_header((folder / name).read_bytes(), chance))

    return change


CASES = {
    "a checkpoint's tensors": (1200, header_of_a_checkpoint, resume),
    "a checkpoint's manifest": (1400, json_at("checkpoints/00000003/manifest.json"), resume),
    "an encoder's config.json": (300, json_at("encoder/config.json"), open_encoder),
    "an encoder's tensors": (1000, header_at("encoder/model.safetensors"), open_encoder),
    "published tensors": (200, header_at("encoder/model.safetensors"), publish),
    "kept features": (900, header_at("features.safetensors"), recall),
}
"""What is changed → how often at each commit, how, and what then reads it."""


@pytest.fixture
def measured() -> Iterator[None]:
    """Fails where the test takes more than ROOM at any time (Linux; elsewhere it is not measured)."""
    status, refs = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if refs.exists():
        refs.write_text("5")  # the peak begins anew
    before = _kilobytes(status, "VmRSS")
    yield
    assert (_kilobytes(status, "VmHWM") - before) * 1024 < ROOM


def in_words(error: LookalikeError) -> bool:
    assert error.exit_code in (2, 4)
    assert len(str(error)) < 1500
    return True


def _kilobytes(status: Path, name: str) -> int:
    if not status.exists():
        return 0
    found = [line for line in status.read_text().splitlines() if line.startswith(name)]
    return int(found[0].split()[1])


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.nightly)])
def test_every_change_is_loaded_or_refused(
    name: str, times: int, method: Method, sound: Path, measured: None
) -> None:
    count, change, enter = CASES[name]
    count *= times
    files = {path: path.read_bytes() for path in sound.rglob("*") if path.is_file()}
    refused, slowest = 0, 0.0
    for number in range(count):
        change(sound, random.Random(f"{name} {number}"))  # noqa: S311 - changes, not secrets
        begun = time.process_time()
        try:
            enter(sound, method)
        except LookalikeError as error:
            refused += in_words(error)
        except Exception as error:
            raise AssertionError(f"{name} {number}") from error
        slowest = max(slowest, time.process_time() - begun)
        for path, content in files.items():
            path.write_bytes(content)
    assert slowest < SECONDS
    assert refused > count / 4 or name == "kept features", "most changes matter"
