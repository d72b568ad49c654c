"""What an encoder can be exported to, as a table: how it is written, loaded again and explained."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import timm
from torch import nn

from lookalike.errors import UsageError
from lookalike.export import onnx_file, program, torchvision_file
from lookalike.export.about import About
from lookalike.export.encoder_folder import write_encoder
from lookalike.export.program import Answers
from lookalike.files import write_bytes, write_text
from lookalike.nn.encoder import Encoder
from lookalike.views.policy import Policy


@dataclass(frozen=True)
class Content:
    """What is exported.

    Args:
        encoder: on the CPU in evaluation mode.
        policy: its plain view.
        module: what is asked: images as `about` says → answers.
        about: what a stranger must know.
    """

    encoder: Encoder
    policy: Policy
    module: nn.Module
    about: About


@dataclass(frozen=True)
class Format:
    """How one of KINDS is made and used.

    Args:
        refuse: raises a UsageError where this content cannot be written so.
        write: writes it; the path does not exist.
        reopen: what the library makes of it.
        lines: how a stranger loads it: content and path → Python.
    """

    refuse: Callable[[Content], object]
    write: Callable[[Content, Path], None]
    reopen: Callable[[Content, Path], Answers]
    lines: Callable[[Content, str], str]


def _refuse_timm(content: Content) -> None:
    encoder = content.encoder
    if encoder.timm_args is None:
        raise UsageError(
            f"timm cannot build this {encoder.name} from its name.",
            why=f"It has a {encoder.stem} stem, width {encoder.width}, variant {encoder.variant}.",
            do="Use --to torch or --to onnx, which bring the computation along.",
        )


def _write_timm(content: Content, path: Path) -> None:
    write_encoder(content.encoder, path, policy=content.policy)
    lines = _timm_lines(content, ".").replace("local-dir:.", "local-dir:PATH/OF/THIS/FOLDER")
    write_text(path / "README.md", f"```python\n{lines}```\n")


def _reopen_timm(_content: Content, path: Path) -> Answers:
    model: nn.Module = timm.create_model(f"local-dir:{path}", pretrained=True, num_classes=0)
    return model.eval()


def _timm_lines(content: Content, path: str) -> str:
    return f"""\
import timm
encoder = timm.create_model("local-dir:{path}", pretrained=True, num_classes=0).eval()
{_asked(content, "encoder(images)")}"""


def _torch_lines(content: Content, path: str) -> str:
    return f"""\
import torch
encoder = torch.export.load("{path}").module()
{_asked(content, "encoder(images)")}"""


def _onnx_lines(content: Content, path: str) -> str:
    return f"""\
import onnxruntime
session = onnxruntime.InferenceSession("{path}")
{_asked(content, 'session.run(None, {"images": images})[0]')}"""


def _torchvision_lines(content: Content, path: str) -> str:
    name = torchvision_file.torchvision_name(content.encoder)
    return f"""\
import safetensors.torch, torch, torchvision
encoder = torchvision.models.{name}({torchvision_file.settings(name, content.about)})
encoder.{torchvision_file.head(name)} = torch.nn.Identity()
encoder.load_state_dict(safetensors.torch.load_file("{path}"))
encoder.eval()
{_asked(content, "encoder(images)")}"""


def _asked(content: Content, call: str) -> str:
    """The line that puts it to work, and what goes in and out."""
    about = content.about
    shape = ", ".join(map(str, ("n", *about.shape)))
    return (
        f"# images: float32 [{shape}], {about.values}\n"
        f"{about.gives} = {call}  # [n, {about.outputs}]\n"
    )


FORMATS: dict[str, Format] = {
    "timm": Format(_refuse_timm, _write_timm, _reopen_timm, _timm_lines),
    "torch": Format(
        lambda _: None,
        lambda content, path: write_bytes(
            path, program.archive(content.module, content.about.shape, content.about.as_dict())
        ),
        lambda _, path: program.reopen(path),
        _torch_lines,
    ),
    "onnx": Format(
        lambda content: onnx_file.refuse(content.module),
        lambda content, path: onnx_file.write(content.module, content.about, path),
        lambda _, path: onnx_file.reopen(path),
        _onnx_lines,
    ),
    "torchvision": Format(
        lambda content: torchvision_file.torchvision_name(content.encoder),
        lambda content, path: torchvision_file.write(content.encoder, content.about, path),
        lambda content, path: torchvision_file.reopen(
            path, torchvision_file.torchvision_name(content.encoder), content.about
        ),
        _torchvision_lines,
    ),
}
