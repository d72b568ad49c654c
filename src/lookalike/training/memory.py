"""How much memory an update takes, found out without taking it.

The method is built from fake tensors, which have a shape, a type and a device but no numbers. It embeds
a batch of them and sends a gradient back, while every piece of memory that tensors take and give back
is counted. Workspaces of kernels and what an allocator keeps are not seen.
"""

import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from lookalike.method import Batch, Method
from lookalike.training.runtime import Runtime


class Meter(TorchDispatchMode):
    """Counts the bytes that tensors made in its context take, in all and at their most."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.most = 0
        self._known: dict[int, int] = {}

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self._count(tensor.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        name = storage._cdata
        if name not in self._known:
            self._known[name] = storage.nbytes()
            self.now += storage.nbytes()
            self.most = max(self.most, self.now)
            weakref.finalize(storage, self._forget, name)

    def _forget(self, name: int) -> None:
        self.now -= self._known.pop(name)


def embedding_bytes(
    build: Callable[[], Method],
    shapes: Iterable[tuple[int, int]],
    images: int,
    *,
    runtime: Runtime,
) -> int:
    """Bytes that embedding some images and going back takes: activations and gradients.

    Weights and views are not among them, nor is the comparison of images, which is small beside.

    Args:
        build: makes the method.
        shapes: channels and side of each view, in pixels.
        images: embedded at once.
        runtime: device and precision.
    """
    with torch.device("meta"):
        method = build()
    with FakeTensorMode(), Meter() as meter:
        _give_shape_to(method.train(), runtime.device)
        rows = torch.arange(images, device=runtime.device)
        views = tuple(torch.empty(images, c, s, s, device=runtime.device) for c, s in shapes)
        views = tuple(view.to(memory_format=torch.channels_last) for view in views)
        before = meter.now
        try:
            _there_and_back(lambda: method.embed(Batch(views, rows, rows * 0, rows)), runtime)
        except RuntimeError:  # what it does depends on numbers; the encoder never does
            _there_and_back(
                lambda: {f"{i}": method.encoder(view) for i, view in enumerate(views)}, runtime
            )
        return int(meter.most) - int(before)


def _there_and_back(embed: Callable[[], dict[str, Tensor]], runtime: Runtime) -> None:
    with runtime.autocast():
        outputs = [tensor for tensor in embed().values() if tensor.requires_grad]
    torch.autograd.backward(outputs, [torch.empty_like(output) for output in outputs])


def _give_shape_to(method: nn.Module, device: torch.device) -> None:
    """Fake tensors on the device in place of those without memory; shared ones stay shared."""
    made: dict[int, Tensor] = {}
    for module in method.modules():
        for table in (module._parameters, module._buffers):
            for name, old in table.items():
                if old is None:
                    continue
                if id(old) not in made:
                    new = torch.empty(old.shape, dtype=old.dtype, device=device)
                    trained = isinstance(old, nn.Parameter)
                    made[id(old)] = nn.Parameter(new, old.requires_grad) if trained else new
                table[name] = made[id(old)]  # type: ignore[assignment]
