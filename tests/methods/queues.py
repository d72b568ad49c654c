"""What batches leave in a queue, on one process or several, in pieces or whole."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._python_dispatch import TorchDispatchMode

from contract.micro import build, make_batch
from lookalike.method import Batch, Method
from lookalike.training import large_batch


def double(name: str, **settings: Any) -> Method:
    """A method in float64 whose batch norms have fixed statistics."""
    method = build(name, **settings).double()
    for module in method.modules():
        if isinstance(module, _BatchNorm):
            module.eval()
    return method


def rows_of(batch: Batch, rows: slice) -> Batch:
    """A part of a batch, in float64."""
    views = tuple(view.double()[rows] for view in batch.views)
    return Batch(views, batch.image[rows], batch.label[rows], batch.key[rows])


def queues(method: Method) -> dict[str, list[Any]]:
    """All that a method's queues hold."""
    state: dict[str, Tensor] = method.state_dict()
    return {
        name: value.tolist() for name, value in state.items() if name.endswith((".rows", ".place"))
    }


def work(
    rank: int, name: str, settings: dict[str, Any], counts: list[int], piece: int | None
) -> dict[str, list[Any]]:
    """The queues after two batches of which this process has `counts[rank]` images."""
    method, start = double(name, **settings), sum(counts[:rank])
    for images in (make_batch(), make_batch()):
        share = rows_of(images, slice(start, start + counts[rank]))
        _, pull = large_batch.step(method, share, seed=0, piece=piece)
        pull()
    return queues(method)


class NoWaiting(TorchDispatchMode):
    """Fails where a tensor's value is asked for, as the program would wait for the device there."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        aten = torch.ops.aten
        assert func not in (aten._local_scalar_dense.default, aten.nonzero.default)
        if func is aten.index.Tensor:
            assert not any(place is not None and place.dtype == torch.bool for place in args[1])
        return func(*args, **(kwargs or {}))
