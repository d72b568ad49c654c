"""Heads: what stands on the encoder while it learns and is thrown away after."""

from itertools import pairwise
from typing import Literal

from torch import nn

Last = Literal["bias", "linear", "norm", "fixed norm"]


def mlp(*widths: int, norm: bool = True, last: Last = "bias") -> nn.Sequential:
    """Layers from each width to the next, with ReLU between them.

    Args:
        widths: of the input, of the hidden layers and of the output.
        norm: whether hidden layers have batch norm; their bias is left out then, as it would be
            taken away again.
        last: the last layer has a bias; or none; or batch norm; or batch norm without scale and
            offset.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths[:-1]):
        layers += [nn.Linear(inputs, outputs, bias=not norm)]
        layers += [nn.BatchNorm1d(outputs)] if norm else []
        layers += [nn.ReLU(inplace=True)]
    layers += [nn.Linear(widths[-2], widths[-1], bias=last == "bias")]
    layers += [nn.BatchNorm1d(widths[-1], affine=last == "norm")] if "norm" in last else []
    return nn.Sequential(*layers)


def gelu_mlp(*widths: int) -> nn.Sequential:
    """Layers with a bias from each width to the next, with GELU between them and without batch norm.

    They start as DINO's: weights as N(0, 0.02²), biases 0.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layer = nn.Linear(inputs, outputs)
        nn.init.normal_(layer.weight, std=0.02)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.GELU()]
    return nn.Sequential(*layers[:-1])


def projector(
    kind: Literal["none", "linear", "nonlinear"], features: int, outputs: int
) -> nn.Module:
    """SimCLR's projection head: features [n, d] → projections [n, outputs].

    "linear" is z = W h and "nonlinear" is z = W₂ ReLU(W₁ h) with a hidden layer as wide as h
    (figure 8). Every layer is followed by batch norm, the last one without an offset, as in the
    official code; dense weights start as N(0, 0.01²) there. "none" gives h itself.
    """
    if kind == "none":
        return nn.Identity()
    last = (_dense(features, outputs), _scale_only(outputs))
    if kind == "linear":
        return nn.Sequential(*last)
    hidden = (_dense(features, features), nn.BatchNorm1d(features), nn.ReLU(inplace=True))
    return nn.Sequential(*hidden, *last)


def _dense(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs, bias=False)
    nn.init.normal_(layer.weight, std=0.01)
    return layer


def _scale_only(features: int) -> nn.BatchNorm1d:
    norm = nn.BatchNorm1d(features)
    norm.register_parameter("bias", None)
    return norm
