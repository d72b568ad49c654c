"""The papers' linear probe: a layer on frozen features of views that are drawn anew in each epoch."""

from dataclasses import asdict, replace
from functools import partial
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lookalike.data.sources import Source
from lookalike.evaluation.features import embed, extract, frozen
from lookalike.evaluation.finetuning.learning import (
    Course,
    accuracy,
    carved,
    choice,
    learn,
    policy_for,
)
from lookalike.evaluation.metrics import Outcome
from lookalike.evaluation.probes.heads import Heads
from lookalike.evaluation.probes.protocols import PROTOCOLS, LinearProtocol
from lookalike.evaluation.subject import Subject
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Policy


def linear_views(
    subject: Subject,
    train: Source,
    test: Source,
    runtime: Runtime,
    *,
    classes: int,
    seed: int = 0,
    workers: int = 0,
    protocol: Literal["simclr", "supcon", "supcon-imagenet", "byol", "mae"] = "simclr",
    epochs: int | None = None,
    batch: int | None = None,
    views: Literal[
        "protocol", "supcon", "supcon-randaugment", "supcon-simaugment", "supcon-stacked"
    ] = "protocol",
) -> Outcome:
    """A linear layer on frozen features of fresh crops, trained as in the papers.

    The encoder is in evaluation mode and gets no gradient. Views are the protocol's random crop and
    flip, at the size and with the normalisation the encoder is used to. Where the paper tries
    several rates, a layer for each is trained on the same features, without a fifth of each class;
    the rate that is right most often on that fifth is then used on all training images. The test
    images, seen plainly, choose nothing.

    The papers' settings are for a million images. How far a layer gets depends on epochs · images,
    MAE's most of all, so a few thousand images need more epochs.

    Args:
        subject: whose encoder is probed; it stays as it is.
        train: labelled images.
        test: images to classify; their labels are not read.
        runtime: device and precision of the encoder; the layer computes in float32.
        classes: number of classes of the training labels.
        seed: of the order of the images, their views, what is held out and the first weights.
        workers: processes that decode photos.
        protocol: whose settings: SimCLR's (appendix B.6), those of SupCon's code on
            CIFAR-10 and on ImageNet, BYOL's or MAE's (table 10).
        epochs: passes over the training images, or None for the paper's; warm-up and steps of the
            rate keep their share of them.
        batch: images per update, or None for the paper's; all images where there are fewer. The
            rate is proportional to it.
        views: what the layer is trained on: the protocol's policy, or one of those that SupCon's
            table 9 compares, by its name in `views.presets`.

    Raises:
        UsageError: `epochs` or `batch` is below 1.
        DataError: several rates are tried, and there are too few images to choose by.
    """
    paper = PROTOCOLS[protocol]
    if views != "protocol":
        paper = replace(paper, views=views)
    fit = partial(
        _fit,
        subject.encoder,
        paper,
        epochs=paper.epochs if epochs is None else epochs,
        batch=paper.batch if batch is None else batch,
        policy=policy_for(paper.views, subject.policy, train.channels),
        classes=classes,
        runtime=runtime,
        seed=seed,
        workers=workers,
    )
    look = partial(
        extract, subject.encoder, policy=subject.policy, runtime=runtime, workers=workers
    )
    right: dict[float, float] = {}
    if len(paper.rates) > 1:
        rest, held = carved(train, seed)
        truth = look(held)
        each = fit(rest, paper.rates)[0].scores(truth.values)
        right = {
            rate: accuracy(scores, truth.label)
            for rate, scores in zip(paper.rates, each, strict=True)
        }
    best = max(paper.rates, key=lambda rate: right.get(rate, 0.0))
    heads, how = fit(train, (best,))
    found = look(test)
    tried = [{"rate_per_256": rate, "accuracy": each} for rate, each in right.items()]
    return Outcome(heads.scores(found.values)[0], how | choice(tried), found.image)


def _fit(
    encoder: nn.Module,
    paper: LinearProtocol,
    source: Source,
    rates: tuple[float, ...],
    *,
    epochs: int,
    batch: int,
    policy: Policy,
    classes: int,
    runtime: Runtime,
    seed: int,
    workers: int,
) -> tuple[Heads, dict[str, Any]]:
    """A layer trained with each of the rates, to judge features on the CPU; and how."""
    course = Course.of(source, epochs=epochs, batch=batch)
    look = partial(_look, encoder, runtime)
    width = look(torch.zeros(1, source.channels, policy.size, policy.size)).shape[1]
    heads = Heads(look, paper, rates, width=width, classes=classes, seed=seed)
    learn(
        runtime.place(heads),
        source,
        policy,
        heads.optimizer(),
        partial(paper.rate, peak=course.batch / 256, updates=course.updates),
        course=course,
        runtime=runtime,
        seed=seed,
        workers=workers,
    )
    how: dict[str, Any] = {
        "paper": asdict(paper),
        "views": repr(policy),
        **course.how(),
        "rates": [rate * course.batch / 256 for rate in rates],
        "encoder": "frozen, in evaluation mode",
    }
    return heads.cpu().eval().requires_grad_(False), how


def _look(
    encoder: nn.Module, runtime: Runtime, views: Float[Tensor, "n c h w"]
) -> Float[Tensor, "n d"]:
    """Features that a layer can be trained on, and no gradient beyond them."""
    with frozen(encoder):
        features = embed(encoder, views, runtime)
    return features.clone()  # what inference mode makes cannot take part in a gradient
