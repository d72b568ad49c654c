"""The only loop: batches in, a trained method out."""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch.nn.utils import clip_grads_with_norm_
from torch.optim import Optimizer

from lookalike import distributed
from lookalike.method import Batch, Method, Step
from lookalike.randomness import number
from lookalike.signals import StopFlag
from lookalike.training import large_batch
from lookalike.training.guard import Guard, gradient_norm
from lookalike.training.monitors import Moment, Monitor
from lookalike.training.runtime import Runtime
from lookalike.training.sharding import whole


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
    guard: Guard | None = None,
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
        guard: says what becomes of an update whose numbers are not finite; the first one ends the
            training by default.

    Returns:
        The number of updates done, counted from the beginning of the run. Those that were left out
        count with the next good one, so that a run resumed between them leaves them out, too.

    Raises:
        NotFiniteError: the numbers of an update are not finite. Where it is the loss or the
            gradient, the method is as it was before that update.
    """
    guard = guard or Guard()
    method.train()
    done = start
    for update, batch in enumerate(batches, start):
        learning_rate = _set_rate(optimizer, rate(update))
        guard.remember(method)
        with runtime.autocast():
            step, pull = large_batch.step(method, batch, seed=number(seed, update), piece=piece)
        step, images = _of_all(step, len(batch.image))
        pull()
        distributed.sum_gradients(method.parameters())
        norm = gradient_norm(method.parameters())
        if guard.refuses(update, step.loss, whole(norm), batch, method):
            done = updates if update + 1 == updates else done
            continue
        if clip is not None:
            clip_grads_with_norm_(method.parameters(), clip, norm)
        optimizer.step()
        optimizer.zero_grad()
        method.after_update(update / updates)
        guard.check(update, batch, method, optimizer)
        done = update + 1
        moment = Moment(update, updates, step, learning_rate, method, images, batch)
        numbers = guard.counted()
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
