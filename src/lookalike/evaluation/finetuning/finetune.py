"""Fine-tuning: how good a start the encoder is for learning from labels."""

import contextlib
from dataclasses import asdict
from functools import partial
from typing import Any, Literal

from torch import nn

from lookalike.data.sources import Source
from lookalike.errors import NumericalError, UsageError
from lookalike.evaluation.features import extract
from lookalike.evaluation.finetuning.learning import (
    Course,
    accuracy,
    carved,
    choice,
    learn,
    policy_for,
    share_of,
)
from lookalike.evaluation.finetuning.tunable import optimizer_for, tunable
from lookalike.evaluation.finetuning.tunings import TUNINGS, Trial, Tuning
from lookalike.evaluation.metrics import Outcome
from lookalike.evaluation.subject import Subject
from lookalike.nn.encoder import Encoder
from lookalike.training.runtime import Runtime
from lookalike.training.schedule import warmup_cosine
from lookalike.views.policy import Policy


def finetune(
    subject: Subject,
    train: Source,
    test: Source,
    runtime: Runtime,
    *,
    classes: int,
    seed: int = 0,
    workers: int = 0,
    protocol: Literal["simclr", "byol", "mae", "transfer"] = "simclr",
    labels: Literal["all", "50%", "20%", "10%", "5%", "2%", "1%"] = "all",
    epochs: int | None = None,
    batch: int | None = None,
    rate: float | None = None,
    decay: float | None = None,
    blocks: float | None = None,
) -> Outcome:
    """A copy of the encoder and a classifier, which starts at zero, trained on labels as in the papers.

    Where the paper tries several settings, each is trained without a fifth of each class, and the
    one that is right most often on that fifth is trained anew. It is a fifth of all training images
    even where few labels are trained on, as in BYOL. What is tested is the last update. The test
    images, seen plainly, choose nothing.

    Args:
        subject: whose encoder is copied; it stays as it is.
        train: labelled images.
        test: images to classify; their labels are not read.
        runtime: device and precision.
        classes: number of classes of the training labels.
        seed: of the order of the images, their views, which labels are used and what is held out.
        workers: processes that decode photos.
        protocol: whose settings (see `tunings`): SimCLR's or BYOL's for few labels; MAE's, without
            RandAugment where images have not three channels; or SimCLR's and BYOL's for other data,
            which tries 56 settings of 20,000 updates each.
        labels: share of each class's training images that is trained on.
        epochs: passes over the training images, or None for what the paper does; warm-up keeps its
            share of them.
        batch: images per update, or None for the paper's; all images where there are fewer.
        rate: learning rate for a batch of 256, to which it is proportional, or None for the paper's.
        decay: weight decay, which the protocol "transfer" divides by the rate, or None for the
            paper's.
        blocks: how many of a transformer's last blocks are trained, 0.5 for the second half of the
            last one (MAE, figure 9), or None for all of the encoder.

    Raises:
        UsageError: the encoder is none that can be trained, its layers are not known (MAE's protocol),
            or a setting cannot be.
        DataError: there are too few images for so few labels or for a choice.
    """
    if not isinstance(subject.encoder, Encoder):
        raise UsageError(
            f"The {subject.name} cannot be fine-tuned.",
            why="There is no encoder whose weights could be trained.",
            do="Fine-tune a trained or untrained encoder, or evaluate with linear.",
        )
    tuning = TUNINGS[protocol]
    trials = tuning.trials(labels, epochs=epochs, rate=rate, decay=decay)
    fit = partial(
        _fit,
        subject.encoder,
        tuning,
        batch=tuning.batch if batch is None else batch,
        blocks=blocks,
        policy=policy_for(tuning.views, subject.policy, train.channels),
        classes=classes,
        runtime=runtime,
        seed=seed,
        workers=workers,
    )
    look = partial(extract, policy=subject.policy, runtime=runtime, workers=workers)
    right: dict[Trial, float] = {}
    if len(trials) > 1:
        rest, held = carved(train, seed)
        few = share_of(rest, labels, seed)
        for trial in trials:
            with contextlib.suppress(NumericalError):  # one that diverges is out of the question
                found = look(fit(few, trial)[0], held)
                right[trial] = accuracy(found.values, found.label)
    best = max(trials, key=lambda trial: right.get(trial, -1.0))
    model, how = fit(share_of(train, labels, seed), best)
    found = look(model, test)
    tried = [trial._asdict() | {"accuracy": right.get(trial)} for trial in trials]
    return Outcome(found.values, {"labels": labels} | how | choice(tried), found.image)


def _fit(
    encoder: Encoder,
    tuning: Tuning,
    source: Source,
    trial: Trial,
    *,
    batch: int,
    blocks: float | None,
    policy: Policy,
    classes: int,
    runtime: Runtime,
    seed: int,
    workers: int,
) -> tuple[nn.Module, dict[str, Any]]:
    """Images [n, c, h, w] → scores [n, classes], trained; and how."""
    course = Course.of(
        source,
        epochs=1 if trial.epochs is None else trial.epochs,
        batch=batch,
        even=tuning.mixup + tuning.cutmix > 0,
    )
    if trial.epochs is None:
        course = course._replace(updates=tuning.updates)
    rate = trial.rate_per_256 * course.batch / 256
    decay = trial.decay / rate if tuning.decay_per_rate else trial.decay
    warmup = round(tuning.warmup * course.updates)
    method = runtime.place(tunable(encoder, tuning, classes, course.updates_per_epoch, blocks))
    learn(
        method,
        source,
        policy,
        optimizer_for(method, tuning, decay),
        partial(warmup_cosine, peak=rate, warmup=warmup, updates=course.updates),
        course=course,
        runtime=runtime,
        seed=seed,
        workers=workers,
    )
    how: dict[str, Any] = {
        "paper": asdict(tuning),
        "views": repr(policy),
        "labelled_images": len(source),
        **course.how(),
        "rate": rate,
        "warmup_updates": warmup,
        "weight_decay": decay,
        **({} if blocks is None else {"blocks": blocks}),
        "classifier": "starts at zero",
        "tested": "after the last update",
    }
    return nn.Sequential(method.encoder, method.classifier), how
