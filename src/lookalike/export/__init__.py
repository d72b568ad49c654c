"""Encoders for other programs. This table is read before torch is imported."""

from typing import NamedTuple


class Kind(NamedTuple):
    """What an encoder can be exported to."""

    suffix: str  # of the file; "" where it is a folder
    weights_only: bool  # it holds no computation: no normalisation, and no classifier
    packages: tuple[str, ...] = ()  # of the extra of its name


KINDS = {
    "timm": Kind("", weights_only=True),
    "torch": Kind(".pt2", weights_only=False),
    "onnx": Kind(".onnx", weights_only=False, packages=("onnx", "onnxscript", "onnxruntime")),
    "torchvision": Kind(".safetensors", weights_only=True),
}
"""By the words of `lookalike export --to`."""
