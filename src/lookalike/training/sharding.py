"""Parameters spread over processes (FSDP2), for networks too large for one device.

Each block of a transformer is gathered only while it works, and its gradients are summed and spread
again as soon as they are there. Everything else stays as it is: `embed` and `compare` are called as
ever, and checkpoints hold whole tensors, so a run may go on with or without it.
"""

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor

from lookalike.distributed import world
from lookalike.method import Method


def shard(method: Method, device: torch.device) -> None:
    """Spreads the parameters, in place; before the optimizer is made.

    Args:
        method: on the device, its parameters contiguous.
        device: of this process.
    """
    mesh = init_device_mesh(device.type, (world(),))
    for module in [*_blocks(method), method]:
        fully_shard(module, mesh=mesh)
        assert isinstance(module, FSDPModule)  # noqa: S101 - that is what it now is
        module.set_gradient_divide_factor(1.0)  # gradients are summed, never averaged
        module.set_force_sum_reduction_for_comms(True)  # gloo knows no scaled sums
    for name in ("embed", "compare"):
        register_fsdp_forward_method(method, name)


def hold_gradients(method: Method, hold: bool) -> None:
    """Keeps gradients on their process, until the last piece of a batch."""
    if isinstance(method, FSDPModule):
        method.set_requires_gradient_sync(not hold)


def whole(tensor: Tensor) -> Tensor:
    """The tensor without the spreading; all processes must ask for it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def spread_like(tensor: Tensor, like: Tensor) -> Tensor:
    """A whole tensor, spread as another one is."""
    if not isinstance(like, DTensor):
        return tensor
    return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements)


def _blocks(method: nn.Module) -> list[nn.Module]:
    """Those of timm's transformers."""
    named = method.named_modules()
    return [module for name, module in named if name.rpartition(".")[0].endswith("blocks")]
