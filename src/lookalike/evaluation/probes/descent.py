"""Linear layers on features computed once, trained by a paper's gradient descent."""

import math

import torch
from torch.nn.functional import cross_entropy

from lookalike.evaluation.features import Features
from lookalike.evaluation.probes.heads import Heads
from lookalike.evaluation.probes.protocols import LinearProtocol
from lookalike.randomness import number, order


def descend(
    train: Features,
    *,
    paper: LinearProtocol,
    rates: tuple[float, ...],
    classes: int,
    seed: int,
    epochs: int,
    batch: int,
) -> Heads:
    """Layers side by side, one for each rate, which see the same images in the same order.

    Args:
        train: labelled features.
        paper: optimizer and schedule.
        rates: for a batch of 256.
        classes: of the labels.
        seed: of the order and of the first weights.
        epochs: passes over the images; the last batch of each may be smaller.
        batch: images per update.
    """
    count, width = train.values.shape
    heads = Heads(torch.clone, paper, rates, width=width, classes=classes, seed=seed)
    optimizer, per_epoch = heads.optimizer(), math.ceil(count / batch)
    for update in range(epochs * per_epoch):
        epoch, place = divmod(update, per_epoch)
        if place == 0:
            batches = torch.split(order(number("linear-sgd", seed), epoch, count), batch)
        rows = batches[place]
        rate = paper.rate(update, peak=batch / 256, updates=epochs * per_epoch)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        scores = heads.scores(train.values[rows])
        loss = torch.stack([cross_entropy(each, train.label[rows]) for each in scores]).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return heads.eval().requires_grad_(False)
