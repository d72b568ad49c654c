"""The only loop: batches in, a trained method out."""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from lookalike import distributed
from lookalike.errors import NumericalError
from lookalike.method import Batch, Method, Step
from lookalike.randomness import number
from lookalike.signals import StopFlag
from lookalike.training import large_batch
from lookalike.training.monitors import Moment, Monitor
from lookalike.training.runtime import Runtime


def train(
    method: Method,
    batches: Iterable[Batch],
    optimizer: Optimizer,
    rate: Callable[[int], float],
    *,
    runtime: Runtime,
    seed: int,
    start: int,
    updates: int,
    piece: int | None = None,
    clip: float | None = None,
    monitors: Sequence[Monitor] = (),
    stop: StopFlag | None = None,
) -> int:
    """Trains until the batches end or `stop` is raised.

    Args:
        method: changed in place; already on the runtime's device.
        batches: those of updates `start`, `start` + 1, …; with several processes, this one's share
            of them.
        optimizer: of the method's parameters.
        rate: number of an update → its learning rate.
        runtime: device and precision.
        seed: of the run.
        start: number of the first update, 0 for a new run.
        updates: updates of the whole run.
        piece: images embedded at once (see `large_batch`), or None for the whole batch.
        clip: greatest norm of the gradient, or None.
        monitors: asked after every update; their numbers are shown to those after them.
        stop: polled after every update; all processes stop when one is asked to.

    Returns:
        The number of updates done, counted from the beginning of the run.

    Raises:
        NumericalError: the loss is not finite; weights are still those of the last update.
    """
    method.train()
    done = start
    for update, batch in enumerate(batches, start):
        learning_rate = _set_rate(optimizer, rate(update))
        with runtime.autocast():
            step, pull = large_batch.step(method, batch, seed=number(seed, update), piece=piece)
        step, images = _of_all(step, len(batch.image))
        _check_finite(step, update)
        pull()
        distributed.sum_gradients(method.parameters())
        if clip is not None:
            clip_grad_norm_(method.parameters(), clip)
        optimizer.step()
        optimizer.zero_grad()
        method.after_update(update / updates)
        done = update + 1
        moment = Moment(update, updates, step, learning_rate, method, images, batch)
        numbers: dict[str, float] = {}
        for monitor in monitors:
            numbers |= monitor.after_update(moment, numbers)
        if distributed.anyone(bool(stop), runtime.device):
            break
    return done


def _set_rate(optimizer: Optimizer, rate: float) -> float:
    """Groups with a `scale`, those of layer-wise decay, keep their share of the rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)
    return rate


def _of_all(step: Step, images: int) -> tuple[Step, int]:
    """The loss and number of images of all processes, the means of their numbers, in one message."""
    if distributed.world() == 1:
        return step, images
    values = [step.loss, torch.tensor(images), *step.numbers.values()]
    mine = torch.stack([value.detach().to(step.loss).reshape(()) for value in values])
    loss, count, *numbers = distributed.summed(mine).unbind()
    means = [value / distributed.world() for value in numbers]
    whole = dict(zip(step.numbers, means, strict=True))
    return step._replace(loss=loss, numbers=whole), int(count)


def _check_finite(step: Step, update: int) -> None:
    """One wait for the device in each update: a loss that is no number must not reach the weights."""
    if not torch.isfinite(step.loss):
        raise NumericalError(
            f"The loss of update {update} is {step.loss.item()}.",
            why="Nothing of this update reached the weights; the last checkpoint is intact.",
            do="Lower the rate, lengthen the warm-up, set clip=1.0 or use precision=float32.",
        )
