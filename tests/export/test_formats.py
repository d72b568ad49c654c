"""Every format, loaded again by the library it is for: the same numbers, or a refusal."""

import zipfile
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
import torchvision
from safetensors import safe_open
from torch import nn

from export.exporting import content, normalised, pretrained
from lookalike.errors import StorageError, UsageError
from lookalike.export import KINDS, formats, onnx_file, parity
from lookalike.export.formats import FORMATS
from lookalike.export.onnx_file import OPSET
from lookalike.export.torchvision_file import renamed, torchvision_name
from lookalike.export.writing import write_export
from lookalike.nn.encoder import Encoder

ARCHITECTURES = [
    ("resnet8", 8, 1, {"width": 2}, ("torch",)),  # and onnx below
    ("vit_tiny_patch16_224", 32, 3, {"depth": 2, "patch": 8}, ("torch", "timm")),
]
ALSO = [
    ("vit_tiny_patch16_224", 32, 3, {"depth": 2, "patch": 8}, ("onnx",)),
    ("resnet18", 64, 3, {}, ("torch", "onnx")),
    ("resnet50", 96, 3, {}, ("torch", "onnx", "timm", "torchvision")),
    ("resnet18", 96, 3, {"variant": "byol"}, ("torch", "onnx")),
    ("vit_base_patch32_224", 64, 3, {}, ("torch", "onnx", "timm", "torchvision")),
    ("torchvision:resnet34", 96, 3, {}, ("torch", "onnx", "torchvision")),
    ("vit_small_patch16_224", 48, 3, {"pool": "mean"}, ("torch", "onnx", "timm")),
]


def named(kind: str, path: Path) -> Path:
    return path / f"it{KINDS[kind].suffix}"


@pytest.mark.parametrize(
    ("name", "size", "channels", "arguments", "kinds"),
    [*ARCHITECTURES, *(pytest.param(*each, marks=pytest.mark.nightly) for each in ALSO)],
)
def test_the_same_features_at_three_batch_sizes(
    tmp_path: Path,
    name: str,
    size: int,
    channels: int,
    arguments: dict[str, Any],
    kinds: tuple[str, ...],
) -> None:
    it = pretrained(name, size, channels, **arguments)
    for kind in kinds:
        inside = not KINDS[kind].weights_only
        made = content(it, inside=inside)
        path = named(kind, tmp_path)
        write_export(made, kind, path)
        again = FORMATS[kind].reopen(made, path)
        for count in (1, 2, 7):
            images = torch.rand(count, channels, size, size)
            seen = normalised(images, it.policy)
            with torch.no_grad():
                wanted, found = it(seen), again(images if inside else seen)
            assert found.shape == wanted.shape
            assert (found - wanted).abs().max() <= 1e-5 * max(1, wanted.abs().max()), kind
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(
        named(kind, tmp_path).name for kind in kinds
    )


@pytest.mark.nightly
def test_an_onnx_file_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    made = content(pretrained("resnet8", 8))
    for name in ("a.onnx", "b.onnx"):
        write_export(made, "onnx", tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_what_an_onnx_file_says_and_computes(tmp_path: Path) -> None:
    it = pretrained("resnet8", 8)
    made = content(it)
    write_export(made, "onnx", tmp_path / "it.onnx")
    one = (tmp_path / "it.onnx").read_bytes()
    for count in (1, 2, 7):
        images = torch.rand(count, 3, 8, 8)
        found = onnx_file.reopen(tmp_path / "it.onnx")(images)
        with torch.no_grad():
            assert (found - it(normalised(images, it.policy))).abs().max() <= 1e-5
    for trace in (
        b".py",
        b"site-packages",
        str(Path.cwd()).encode(),
        b"stack_trace",
        b"lookalike.",
    ):
        assert trace not in one
    model = onnx.load_model_from_string(one)
    onnx.checker.check_model(model, full_check=True)
    shapes = [
        [dim.dim_param or dim.dim_value for dim in each.type.tensor_type.shape.dim]
        for each in (*model.graph.input, *model.graph.output)
    ]
    assert shapes == [["n", 3, 8, 8], ["n", 64]]
    assert [each.name for each in (*model.graph.input, *model.graph.output)] == [
        "images",
        "features",
    ]
    assert [each.version for each in model.opset_import] == [OPSET]
    facts = {each.key: each.value for each in model.metadata_props}
    assert (facts["mean"], facts["std"]) == ("[0.5, 0.4, 0.3]", "[0.2, 0.25, 0.3]")
    assert (facts["size"], facts["normalised_inside"]) == ("8", "true")


def test_without_normalisation(tmp_path: Path) -> None:
    it = pretrained("resnet8", 8)
    made = content(it, inside=False)
    write_export(made, "torch", tmp_path / "it.pt2")
    images = torch.rand(3, 3, 8, 8)
    with torch.no_grad():
        assert torch.equal(torch.export.load(tmp_path / "it.pt2").module()(images), it(images))
    assert "less 0.5, 0.4, 0.3, divided by 0.2, 0.25, 0.3" in FORMATS["torch"].lines(made, "x")


def test_the_program_carries_what_a_stranger_needs(tmp_path: Path) -> None:
    write_export(content(pretrained("resnet8", 8)), "torch", tmp_path / "it.pt2")
    facts = {"about.json": ""}
    torch.export.load(tmp_path / "it.pt2", extra_files=facts)
    assert '"values": "values from 0 to 1; they are normalised inside"' in facts["about.json"]
    with zipfile.ZipFile(tmp_path / "it.pt2") as archive:
        content_ = {name: archive.read(name) for name in archive.namelist()}
    assert not any(each.startswith(b"PK") for each in content_.values())  # torch.save's archives
    assert not any(b'"use_pickle": true' in each for each in content_.values())


@pytest.mark.parametrize("name", ["resnet18", "torchvision:resnet18"])
def test_torchvision_takes_the_weights_of_its_resnets(tmp_path: Path, name: str) -> None:
    it = pretrained(name, 40, stem="standard")
    write_export(content(it, inside=False), "torchvision", tmp_path / "it.safetensors")
    with safe_open(tmp_path / "it.safetensors", framework="pt") as file:
        weights = {key: file.get_tensor(key) for key in file.offset_keys()}
        assert file.metadata()["torchvision"] == "resnet18"
    model = torchvision.models.resnet18()
    found = model.load_state_dict(weights, strict=False)
    assert (found.missing_keys, found.unexpected_keys) == (["fc.weight", "fc.bias"], [])
    model.fc = nn.Identity()
    images = torch.rand(2, 3, 40, 40)
    with torch.no_grad():
        assert torch.allclose(model.eval()(images), it(images), atol=1e-5)


def test_torchvision_takes_the_weights_of_a_transformer() -> None:
    it = pretrained("vit_tiny_patch16_224", 32, depth=2)
    model = torchvision.models.VisionTransformer(32, 16, 2, 3, 192, 768)
    model.heads = nn.Identity()
    model.load_state_dict(renamed(it.encoder.trunk.state_dict()))
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.allclose(model.eval()(images), it(images), atol=1e-5)


def test_torchvision_names() -> None:
    with torch.device("meta"):
        for name, theirs in (("resnet152", "resnet152"), ("vit_large_patch16_224", "vit_l_16")):
            it = Encoder(name)
            own = renamed(it.trunk.state_dict())
            model = torchvision.models.get_model(theirs)
            rest = {k: v.shape for k, v in model.state_dict().items() if k in own}
            assert torchvision_name(it) == theirs
            assert rest == {k: v.shape for k, v in own.items()}


@pytest.mark.parametrize(
    ("kind", "name", "size", "arguments"),
    [
        ("timm", "resnet8", 8, {}),
        ("timm", "resnet18", 32, {}),
        ("torchvision", "resnet18", 32, {}),
        ("torchvision", "vit_tiny_patch16_224", 32, {"depth": 1}),
    ],
)
def test_what_a_library_cannot_build_is_refused_with_another_way(
    tmp_path: Path, kind: str, name: str, size: int, arguments: dict[str, Any]
) -> None:
    made = content(pretrained(name, size, **arguments), inside=False)
    with pytest.raises(UsageError, match=r"(?s)(timm|torchvision).*--to torch or --to onnx"):
        write_export(made, kind, tmp_path / "new" / "it")
    assert not list(tmp_path.iterdir())


def test_what_an_onnx_file_cannot_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, "_MOST", 1000)
    with pytest.raises(UsageError, match=r"(?s)2 GiB.*--to torch"):
        write_export(content(pretrained("resnet8", 8)), "onnx", tmp_path / "it.onnx")


@pytest.mark.parametrize("fault", [1e-4, float("nan"), None])
def test_an_export_that_differs_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: float | None
) -> None:
    made = content(pretrained("resnet8", 8))
    path = tmp_path / "it.pt2"
    path.write_text("the one before")

    def reopen(_content: Any, _path: Path) -> Any:
        assert _path.stat().st_size > 1000
        if fault is None:
            raise RuntimeError("torn\nin two")
        return lambda images: made.module(images) + fault

    row = formats.Format(**{**FORMATS["torch"].__dict__, "reopen": reopen})
    monkeypatch.setitem(FORMATS, "torch", row)
    with pytest.raises(StorageError, match="nothing is kept"):
        write_export(made, "torch", path)
    assert [each.name for each in tmp_path.iterdir()] == ["it.pt2"]
    assert path.read_text() == "the one before"


def test_large_numbers_are_compared_relative_to_their_size() -> None:
    about = content(pretrained("resnet8", 8)).about
    large = parity.compare(lambda x: 1000 + x, lambda x: 1000.005 + x, about)
    small = parity.compare(lambda x: x, lambda x: x + 0.005, about)
    assert large.holds
    assert not small.holds
    assert not parity.compare(lambda x: x, lambda x: x[:1], about).holds
    assert "1, 2 and 7 images" in str(large)
