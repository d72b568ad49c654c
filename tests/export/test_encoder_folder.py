"""The encoder folder: other libraries must load it, and get the same features."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file

from lookalike import files
from lookalike.errors import StorageError
from lookalike.export import encoder_folder
from lookalike.export.encoder_folder import read_encoder, write_encoder
from lookalike.nn.encoder import Encoder
from lookalike.views.operations import Normalize
from lookalike.views.policy import Crop, Policy
from lookalike.views.presets import plain
from lookalike.views.render import render

COLOUR = Policy(size=32, normalize=Normalize(mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.3)))
GREY = Policy(size=32, normalize=Normalize(mean=(0.5,), std=(0.2,)))


def encoder_of(name: str, size: int, channels: int = 3, **arguments: object) -> Encoder:
    """An encoder whose batch norms have statistics that a fresh one has not."""
    torch.manual_seed(0)
    encoder = Encoder(name, size, channels, **arguments).train()  # type: ignore[arg-type]
    with torch.no_grad():
        encoder(torch.rand(8, channels, size, size))
    return encoder.eval()


def normalised(images: torch.Tensor, policy: Policy) -> torch.Tensor:
    assert policy.normalize is not None
    mean, std = (
        torch.tensor(x)[:, None, None] for x in (policy.normalize.mean, policy.normalize.std)
    )
    return (images - mean) / std


@pytest.mark.parametrize(
    ("name", "size", "channels", "policy"),
    [
        ("resnet18", 96, 3, replace(COLOUR, size=96)),
        ("resnet18", 96, 1, replace(GREY, size=96)),
        ("vit_tiny_patch16_224", 32, 3, COLOUR),
    ],
)
def test_timm_alone_rebuilds_its_architectures(
    tmp_path: Path, name: str, size: int, channels: int, policy: Policy
) -> None:
    encoder = encoder_of(name, size, channels)
    write_encoder(encoder, tmp_path / "encoder", policy=policy)
    model = timm.create_model(f"local-dir:{tmp_path}/encoder", pretrained=True, num_classes=0)
    images = torch.rand(3, channels, size, size)
    with torch.no_grad():
        difference = (model.eval()(images) - encoder(images)).abs().max()
    assert difference <= 1e-5
    assert model.num_features == encoder.features
    assert not (tmp_path / "encoder" / "encoder.pt2").exists()


@pytest.mark.parametrize("size", [32, 128])
def test_timm_sees_pictures_as_our_evaluation_does(tmp_path: Path, size: int) -> None:
    """Its own transform, read from config.json, against the plain view, within rounding."""
    policy = replace(COLOUR, size=size)
    write_encoder(encoder_of("vit_tiny_patch16_224", size), tmp_path / "encoder", policy=policy)
    model = timm.create_model(f"local-dir:{tmp_path}/encoder", pretrained=True, num_classes=0)
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
    ramp = torch.linspace(0, 255, 256).to(torch.uint8)
    pixels = torch.stack(
        [ramp.expand(256, -1), ramp[:, None].expand(-1, 256), ramp.expand(256, -1)]
    )
    theirs = transform(Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy()))
    ours = render(pixels[None], plain(policy), torch.zeros(1, dtype=torch.int64), 0)[0]
    assert theirs.shape == ours.shape
    assert (theirs - ours).abs().max() < 2.5 / 255 / 0.2


@pytest.mark.parametrize(
    ("name", "size", "channels", "arguments", "policy"),
    [
        ("resnet8", 8, 1, {}, replace(GREY, size=8)),
        ("resnet8", 8, 3, {"width": 2}, replace(COLOUR, size=8)),
        ("resnet18", 32, 3, {}, COLOUR),
        ("torchvision:resnet18", 96, 3, {}, replace(COLOUR, size=96)),
    ],
)
def test_what_timm_cannot_build_comes_as_a_program(
    tmp_path: Path,
    name: str,
    size: int,
    channels: int,
    arguments: dict[str, object],
    policy: Policy,
) -> None:
    encoder = encoder_of(name, size, channels, **arguments)
    write_encoder(encoder, tmp_path / "encoder", policy=policy)
    program = torch.export.load(tmp_path / "encoder" / "encoder.pt2").module()
    for count in (1, 5):
        images = torch.rand(count, channels, size, size)
        with torch.no_grad():
            difference = (program(images) - encoder(normalised(images, policy))).abs().max()
        assert difference <= 1e-5


def test_the_loader_beside_the_program_needs_torch_alone(tmp_path: Path) -> None:
    encoder = encoder_of("resnet8", 8)
    write_encoder(encoder, tmp_path / "encoder", policy=replace(COLOUR, size=8))
    script = """
import sys
for name in ("lookalike", "timm", "torchvision", "safetensors"):
    sys.modules[name] = None
import torch
from load_encoder import load_encoder
print(load_encoder()(torch.full((2, 3, 8, 8), 0.5)).tolist())
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path / "encoder",
        env={"PATH": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with torch.no_grad():
        images = normalised(torch.full((2, 3, 8, 8), 0.5), COLOUR)
        assert torch.allclose(torch.tensor(json.loads(done.stdout)), encoder(images), atol=1e-5)


def test_the_program_holds_no_pickle_and_no_path_of_this_machine(tmp_path: Path) -> None:
    write_encoder(encoder_of("resnet8", 8), tmp_path / "encoder", policy=replace(COLOUR, size=8))
    with zipfile.ZipFile(tmp_path / "encoder" / "encoder.pt2") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    for name, each in content.items():
        assert not each.startswith(b"PK"), name  # torch.save's nested archives
        assert b'"use_pickle": true' not in each
        assert str(Path(encoder_folder.__file__).parents[2]).encode() not in each
        assert b".py" not in each or not name.endswith(".json")


@pytest.mark.parametrize(
    ("name", "size", "arguments"),
    [("resnet8", 8, {"width": 2}), ("resnet18", 32, {"stem": "standard"})],
)
def test_our_own_loader_rebuilds_any_encoder(
    tmp_path: Path, name: str, size: int, arguments: dict[str, object]
) -> None:
    encoder = encoder_of(name, size, **arguments)
    policy = replace(COLOUR, size=size, crop=Crop(interpolation="bilinear"))
    write_encoder(encoder, tmp_path / "encoder", policy=policy)
    described = read_encoder(tmp_path / "encoder")
    assert described.view["mean"] == [0.5, 0.4, 0.3]
    assert described.view["std"] == [0.2, 0.25, 0.3]
    assert described.view["interpolation"] == "bilinear"
    again = Encoder(**described.encoder)
    again.trunk.load_state_dict(load_file(described.weights))
    images = torch.rand(2, 3, size, size)
    with torch.no_grad():
        assert torch.equal(again.eval()(images), encoder(images))


def test_without_normalisation_values_stay_as_they_are(tmp_path: Path) -> None:
    write_encoder(encoder_of("resnet8", 8, 1), tmp_path / "encoder", policy=Policy(size=8))
    view = read_encoder(tmp_path / "encoder").view
    assert (view["mean"], view["std"]) == ([0.0], [1.0])


def test_the_encoder_is_left_as_it_was(tmp_path: Path) -> None:
    encoder = encoder_of("resnet8", 8).to(memory_format=torch.channels_last).train()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    write_encoder(encoder, tmp_path / "encoder", policy=replace(COLOUR, size=8))
    assert encoder.training
    assert encoder.trunk.layer1[0].conv1.weight.is_contiguous(memory_format=torch.channels_last)
    for name, value in encoder.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_failed_write_leaves_the_old_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "encoder"
    write_encoder(encoder_of("resnet8", 8), folder, policy=replace(COLOUR, size=8))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(path: Path, content: object) -> None:
        with files.storage_errors(path):
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(encoder_folder, "write_json", full)
        with pytest.raises(StorageError, match=r"config\.json"):
            write_encoder(encoder_of("resnet8", 8, width=2), folder, policy=COLOUR)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    write_encoder(encoder_of("resnet18", 96), folder, policy=replace(COLOUR, size=96))
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors"}
    assert [path.name for path in tmp_path.iterdir()] == ["encoder"]


def test_there_is_no_encoder(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no encoder"):
        read_encoder(tmp_path / "encoder")


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"lookalike": 3}', '{"lookalike": {"name": 3}}', "\xff"]
)
def test_a_config_that_is_not_ours(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(StorageError, match="does not describe"):
        read_encoder(tmp_path)
