"""Six updates of a small method, of which some break in a place of one's choice."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from contract.micro import SIZE, build
from lookalike.method import Batch, Method
from lookalike.randomness import image_keys
from lookalike.training import checkpoint
from lookalike.training.guard import Guard, NotFiniteError
from lookalike.training.loop import train
from lookalike.training.monitors import Moment
from lookalike.training.optimizers import parameter_groups, sgd
from lookalike.training.runtime import Runtime

CPU = torch.device("cpu")
BAD = 2
"""The update that breaks."""

Undo = Callable[[], None]
Break = Callable[[Method, torch.optim.Optimizer, float], Undo]


class Saves:
    """A checkpoint after every update, and the numbers the loop hands to monitors."""

    def __init__(self, folder: Path, method: Method, optimizer: torch.optim.Optimizer) -> None:
        self.folder, self.method, self.optimizer = folder, method, optimizer
        self.numbers: list[dict[str, float]] = []

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        checkpoint.save(self.folder, moment.update + 1, self.method, self.optimizer)
        self.numbers.append(dict(numbers))
        return {}


def make_batch(update: int, rows: slice = slice(0, 8)) -> Batch:
    image = torch.arange(8 * update, 8 * update + 8)[rows]
    draw = torch.Generator().manual_seed(update)
    views = tuple(torch.rand(8, 3, SIZE, SIZE, generator=draw)[rows] for _ in range(2))
    return Batch(views, image, image % 2, image_keys(0, 0, image))


def spoil(tensor: Tensor, value: float) -> None:
    with torch.no_grad():
        tensor.view(-1)[0] = value


def nothing() -> None:
    pass


def in_forward(method: Method, _: torch.optim.Optimizer, value: float) -> Undo:
    def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        return output + torch.where(torch.arange(len(output)) == 0, value, 0.0)[:, None]

    return method.encoder.register_forward_hook(hook).remove


def in_loss(method: Method, _: torch.optim.Optimizer, value: float) -> Undo:
    def compare(embedded: dict[str, Tensor], batch: Batch) -> Any:
        step = type(method).compare(method, embedded, batch)
        return step._replace(loss=step.loss + value)

    method.compare = compare  # type: ignore[method-assign]
    return lambda: method.__dict__.pop("compare")


def in_gradient(method: Method, _: torch.optim.Optimizer, value: float) -> Undo:
    weight = next(method.parameters())
    return weight.register_hook(lambda gradient: gradient * value).remove


def in_parameter(method: Method, _: torch.optim.Optimizer, value: float) -> Undo:
    spoil(next(method.parameters()), value)
    return nothing


def in_optimizer(method: Method, optimizer: torch.optim.Optimizer, value: float) -> Undo:
    spoil(optimizer.state[next(method.parameters())]["momentum_buffer"], value)
    return nothing


def in_statistics(method: Method, _: torch.optim.Optimizer, value: float) -> Undo:
    spoil(next(b for name, b in method.named_buffers() if name.endswith("running_mean")), value)
    return nothing


def overflow(method: Method, _: torch.optim.Optimizer, value: float) -> Undo:
    """Finite weights whose product is too large, in bfloat16 and float32 alike."""
    for module in method.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data *= 1e30 if value > 0 else -1e30
    for norm in method.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.weight.data *= 1e30
    return nothing


PLACES: dict[str, Break | None] = {
    "input": None,
    "forward": in_forward,
    "loss": in_loss,
    "gradient": in_gradient,
    "parameter": in_parameter,
    "optimizer": in_optimizer,
    "statistics": in_statistics,
}
BEFORE = ("input", "forward", "loss", "gradient")
"""Places that leave everything else as it was."""


def batches(
    place: str,
    value: float,
    method: Method,
    optimizer: torch.optim.Optimizer,
    *,
    bad: tuple[int, ...] = (BAD,),
    start: int = 0,
    rows: slice = slice(0, 8),
) -> Iterator[Batch]:
    """Those of six updates, with something broken in some of them."""
    for update in range(start, 6):
        batch, undo = make_batch(update, rows), nothing
        injection = overflow if place == "overflow" else PLACES.get(place)
        if update in bad and injection:
            undo = injection(method, optimizer, value)
        elif update in bad and place == "input":
            spoil(batch.views[0], value)
        yield batch
        undo()


def learn(
    folder: Path, place: str, value: float, name: str = "simclr", **settings: Any
) -> tuple[Method, Saves, int]:
    """Six updates from the last checkpoint in the folder, if there is one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    method = build(name)
    optimizer = sgd(parameter_groups(method))
    start = checkpoint.restore(folder, method, optimizer)
    saves = Saves(folder, method, optimizer)
    bad = settings.pop("bad", (BAD,))
    rows = settings.pop("rows", slice(0, 8))
    defaults: dict[str, Any] = {"runtime": Runtime(CPU, torch.float32), "seed": 0, "updates": 6}
    done = train(
        method,
        batches(place, value, method, optimizer, bad=bad, start=start, rows=rows),
        optimizer,
        lambda _update: 0.01,
        start=start,
        monitors=[saves],
        **defaults | settings,
    )
    return method, saves, done


def one_of_two(rank: int, folder: str, value: float) -> dict[str, int]:
    """A process of which the second one breaks: the update it ends in, and the updates done."""
    rows = slice(0, 4) if rank == 0 else slice(4, 8)
    own = Path(folder) / str(rank)
    ends = {}
    for place in ("input", "gradient", "statistics"):
        with pytest.raises(NotFiniteError) as caught:
            learn(own / place, place if rank == 1 else "nowhere", value, rows=rows)
        ends[place] = caught.value.update
    place = "input" if rank == 1 else "nowhere"
    ends["skipping"] = learn(own / "all", place, value, rows=rows, guard=Guard(skips=1))[2]
    return ends
