"""Where and how the arithmetic happens: device, precision and memory format."""

import contextlib
import ctypes
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

from lookalike.distributed import neighbours, place
from lookalike.errors import UsageError

Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class Runtime:
    """Args:
    device: where tensors live.
    precision: float32, or bfloat16 for autocast; weights are float32 either way.
    """

    device: torch.device
    precision: torch.dtype

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """The context in which the encoder works."""
        lower = self.precision != torch.float32
        return torch.autocast(self.device.type, self.precision, enabled=lower)

    def place(self, module: Module, *, contiguous: bool = False) -> Module:
        """The module on the device, convolutions in channels-last order (the faster one) or not."""
        order = torch.contiguous_format if contiguous else torch.channels_last
        return module.to(self.device, memory_format=order)  # type: ignore[call-overload, no-any-return]

    def images(self, images: Tensor) -> Tensor:
        """Images [n, c, h, w] on the device in channels-last order."""
        return images.to(self.device, non_blocking=True, memory_format=torch.channels_last)


def choose_runtime(
    device: Literal["auto", "cpu", "cuda"] | str = "auto",
    precision: Literal["auto", "float32", "bfloat16"] = "auto",
) -> Runtime:
    """The fastest device and precision of this machine, or what is asked for.

    Several processes on one machine each take a GPU of their own.

    Raises:
        UsageError: the device or precision is not there.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and neighbours() > 1:
        device = f"cuda:{place()}"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError(
            f"There is no {device} device here.", do="Use --device cpu or --device auto."
        )
    home = torch.device(device)
    if home.type == "cpu":
        _keep_freed_memory()
    if precision == "auto":
        precision = "bfloat16" if _fast_bfloat16(home) else "float32"
    return Runtime(home, getattr(torch, precision))


def _keep_freed_memory() -> None:
    """Asks glibc to keep large freed blocks instead of giving each back to the kernel.

    Every activation is such a block, and fresh pages cost a fault each: 6 to 8 % of a step.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 1 << 30)
        mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


def _fast_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is an instruction of the hardware rather than an emulation."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
