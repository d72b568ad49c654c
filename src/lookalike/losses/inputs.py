"""What every loss does with its inputs first."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize as divide_by_length

Loss = TypeVar("Loss", bound=Callable[..., Tensor])


def full_precision(loss: Loss) -> Loss:
    """Makes a loss compute in float32 at least, also inside autocast; float64 stays as it is.

    Losses are small next to encoders, and far more sensitive.
    """

    @functools.wraps(loss)
    def wrapped(*args: Any, **named: Any) -> Tensor:
        values = [*args, *named.values()]
        device = next(value.device for value in values if isinstance(value, Tensor))
        with torch.autocast(device.type, enabled=False):
            return loss(
                *map(_at_least_float32, args),
                **{name: _at_least_float32(value) for name, value in named.items()},
            )

    return cast(Loss, wrapped)


def unit(rows: Float[Tensor, "*n d"], normalize: bool = True) -> Float[Tensor, "*n d"]:
    """Rows divided by their lengths, or as they are; a row of zeros stays one."""
    return divide_by_length(rows, dim=-1) if normalize else rows


def _at_least_float32(value: Any) -> Any:
    lower = isinstance(value, Tensor) and value.dtype in (torch.float16, torch.bfloat16)
    return value.float() if lower else value
