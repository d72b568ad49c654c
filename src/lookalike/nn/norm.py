"""Batch norm over all processes (SimCLR, section 2.2: mean and variance of the global batch)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lookalike.distributed import summed, world


class GlobalBatchNorm(_BatchNorm):
    """Batch norm with the statistics of the rows of all processes; alone it is torch's own.

    The views of an image lie on one process, so by that process's statistics a network could tell
    what belongs together without looking at it. In plain collectives with gradients, because
    torch's SyncBatchNorm refuses tensors on a CPU. The processes' numbers of rows may differ, but
    all of them must run it equally often.
    """

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002 - torch's name
        """Any number of dimensions."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Normalise [n, c, …] over n and all that follows c, in float32 at least."""
        if not self.training or world() == 1:
            return super().forward(input)
        x = input if input.dtype == torch.float64 else input.float()
        around, shape = [0, *range(2, x.ndim)], [1, -1] + [1] * (x.ndim - 2)
        own_count = x.new_tensor([x.numel() / x.shape[1]])
        total: Tensor = _Summed.apply(torch.cat([x.sum(around), own_count]))
        count = total[-1].detach()
        mean = total[:-1] / count
        centred = x - mean.view(shape)
        variance: Tensor = _Summed.apply(centred.square().sum(around)) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        scale = (variance + self.eps).rsqrt()
        result = centred * (scale if self.weight is None else scale * self.weight).view(shape)
        return (result if self.bias is None else result + self.bias.view(shape)).to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Moves the running statistics, unless they are held still."""
        if self.track_running_stats and self.running_mean is not None:
            assert self.running_var is not None  # noqa: S101 - both are there or neither
            assert self.num_batches_tracked is not None  # noqa: S101 - likewise
            self.num_batches_tracked.add_(1)
            self.running_mean.lerp_(mean.to(self.running_mean), self.momentum or 0.0)
            self.running_var.lerp_(variance.to(self.running_var), self.momentum or 0.0)


class _ActiveGlobalBatchNorm(GlobalBatchNorm):
    """What stands for timm's batch norms with an activation of their own."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        drop, act = self.get_submodule("drop"), self.get_submodule("act")
        result: Tensor = act(drop(super().forward(input)))
        return result


def make_global(module: nn.Module) -> None:
    """Gives all batch norms of a module the statistics of all processes, in place.

    Only their class changes, so names, weights and settings stay.
    """
    for norm in module.modules():
        if isinstance(norm, _BatchNorm) and not isinstance(norm, GlobalBatchNorm):
            norm.__class__ = _ActiveGlobalBatchNorm if hasattr(norm, "act") else GlobalBatchNorm


class _Summed(torch.autograd.Function):
    """A sum over processes, whose gradient is the sum of what all of them send back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        del ctx
        return summed(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        del ctx
        return summed(gradient)
