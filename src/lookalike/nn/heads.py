"""Heads: what stands on the encoder while it learns and is thrown away after."""

from typing import Literal

from torch import nn


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
