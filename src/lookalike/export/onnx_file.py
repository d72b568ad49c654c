"""An encoder as one ONNX file, for ONNX Runtime and whatever else reads the format."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lookalike.errors import UsageError
from lookalike.export.about import About
from lookalike.export.program import Answers, traced
from lookalike.files import write_bytes

OPSET = 20
"""Version of ONNX's operators: ONNX Runtime 1.17 (2024) and later know it."""

_MOST = (1 << 31) - (1 << 24)  # bytes: a file holds less than 2 GiB, the graph included


def refuse(module: nn.Module) -> None:
    """Raises a UsageError where the weights are too large for one file."""
    weights = sum(tensor.nbytes for tensor in module.state_dict().values())
    if weights > _MOST:
        raise UsageError(
            f"One ONNX file cannot hold this encoder: it has {weights / 1e9:.1f} GB.",
            why="The format ends at 2 GiB.",
            do="Use --to torch, which has no such limit.",
        )


def write(module: nn.Module, about: About, path: Path) -> None:
    """Writes a file whose number of images is free, the same bytes each time.

    Its input is called "images", its output as `about.gives` says. The metadata hold what a stranger
    must know. Names of layers stay; nothing tells of this machine.
    """
    import onnx  # an extra

    exported = torch.onnx.export(
        traced(module, about.shape),
        dynamo=True,
        opset_version=OPSET,
        input_names=["images"],
        output_names=[about.gives],
        verbose=False,
    )
    model = exported.model_proto  # type: ignore[union-attr]
    _bare(model)
    onnx.helper.set_model_props(model, about.as_texts())
    onnx.checker.check_model(model)
    write_bytes(path, model.SerializeToString(deterministic=True))


def reopen(path: Path) -> Answers:
    """What ONNX Runtime computes of it."""
    import onnxruntime  # an extra

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def answers(images: Tensor) -> Tensor:
        return torch.from_numpy(session.run(None, {"images": images.numpy()})[0])

    return answers


def _bare(model: Any) -> None:
    """Takes out what only torch's exporter wants to know, stack traces among it."""
    graph = model.graph
    for field in ("value_info", "metadata_props"):
        graph.ClearField(field)
    for part in (*graph.node, *graph.initializer, *graph.input, *graph.output):
        part.ClearField("metadata_props")
    for node in graph.node:
        node.ClearField("doc_string")
    for each in (*graph.input, *graph.output):
        each.type.tensor_type.shape.dim[0].dim_param = "n"
