"""The shape of the features, which needs no labels: ranks, decay, and what views leave alike."""

import math
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from lookalike.data.loading import Loader
from lookalike.data.sources import Source, chosen
from lookalike.errors import DataError, UsageError
from lookalike.evaluation.comparing import resampling
from lookalike.evaluation.features import embed, extract, frozen
from lookalike.evaluation.finetuning.learning import policy_for
from lookalike.evaluation.metrics import Estimate, Outcome
from lookalike.evaluation.neighbours.nearest import neighbour_overlap
from lookalike.evaluation.subject import Subject
from lookalike.evaluation.unlabelled import spectrum
from lookalike.randomness import number, order
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Policy

_PIECE = 64  # images rendered in all their views at once


def geometry(
    subject: Subject,
    train: Source,
    test: Source,
    runtime: Runtime,
    *,
    classes: int,
    seed: int = 0,
    workers: int = 0,
    policy: Literal["linear", "simclr", "simclr-cifar", "simclr-digits"] = "linear",
    views: int = 10,
    images: int = 1000,
    neighbours: int = 10,
) -> Outcome:
    """Numbers of the training images' features that say without labels how good an encoder may be.

    RankMe, α-ReQ, spread and uniformity are of the plain views; LiDAR, alignment and the neighbour
    overlap of random ones. Published numbers use the views each encoder was trained on, which are
    not known here; the same policy for all makes encoders comparable. Compare encoders of one width
    on the same images, in as many views. Neighbour overlap alone is a mean over images and has an
    interval; the others are exact for these images.

    Args:
        subject: the encoder.
        train: images, labelled or not.
        test: not looked at, so that what is chosen by these numbers can still be tested on it.
        runtime: device and precision.
        classes: unused.
        seed: chooses the images and draws their views.
        workers: processes that decode photos.
        policy: of the random views, by its name in `views.presets`, at the subject's size: "linear"
            crops and flips.
        views: of each image, at least 2; the first two make alignment and neighbour overlap.
        images: at most so many, at least 2; ranks cannot exceed it.
        neighbours: how many nearest images the overlap compares.

    Raises:
        DataError: fewer than 2 images can be read.
        UsageError: `views`, `images` or `neighbours` is too small.
    """
    del test, classes
    if views < 2 or images < 2 or neighbours < 1:
        raise UsageError("Geometry needs views=2, images=2 and neighbours=1 or more.")
    sample = chosen(train, order(number("geometry", seed), 0, len(train))[:images])
    plain = extract(subject.encoder, sample, subject.policy, runtime=runtime, workers=workers)
    if len(plain.values) < 2:
        raise DataError("Geometry needs at least 2 images.")
    random = (policy_for(policy, subject.policy, train.channels),) * views
    seen = look(subject, sample, random, runtime, seed=number("views", seed), workers=workers)
    how = {
        "seen": f"{len(plain.values)} training images, {len(seen)} of them in {views} views",
        "views": views,
        "view_policy": repr(random[0]),
        "neighbours": min(neighbours, len(seen) - 1),
        "LiDAR_ridge": spectrum.RIDGE,
        "compare": "encoders of the same width, on the same images and views",
    }
    return _outcome(plain.values, seen, neighbours, seed, how)


def look(
    subject: Subject,
    source: Source,
    policies: tuple[Policy, ...],
    runtime: Runtime,
    *,
    seed: int,
    workers: int = 0,
) -> Float[Tensor, "n q d"]:
    """Features of several views of the images of a source, in an order of their own, on the CPU.

    A few images may be left out, so that batches are whole.
    """
    count = len(source)
    batch = count // math.ceil(count / _PIECE)
    loader = Loader(
        source, policies, batch=batch, seed=seed, device=runtime.device, workers=workers
    )
    parts = []
    with frozen(subject.encoder):
        for each in loader.batches(0, loader.updates_per_epoch):
            views = [embed(subject.encoder, view, runtime).cpu() for view in each.views]
            parts.append(torch.stack(views, dim=1))
    return torch.cat(parts)


def _outcome(
    plain: Float[Tensor, "n d"],
    seen: Float[Tensor, "m q d"],
    neighbours: int,
    seed: int,
    how: dict[str, Any],
) -> Outcome:
    numbers = spectrum.describe(plain)
    first, second = seen[:, 0], seen[:, 1]
    fit = spectrum.decay(plain)
    result = {
        "LiDAR": Estimate.exact(spectrum.lidar(seen)),
        "RankMe": Estimate.exact(numbers["effective_rank"]),
        "rank share": Estimate.exact(numbers["rank_share"], percent=True),
        "alignment": Estimate.exact(spectrum.alignment(first, second)),
        "uniformity": Estimate.exact(numbers["uniformity"]),
        "spread": Estimate.exact(numbers["spread"]),
        "neighbour overlap": resampling.share(
            neighbour_overlap(first, second, neighbours), seed=seed
        ),
    }
    if fit is None:
        return Outcome(result, how | {"α-ReQ": "too few dimensions to fit a decay"})
    result["α-ReQ"] = Estimate.exact(fit[0])
    return Outcome(result, how | {"α-ReQ_range": f"eigenvalues {spectrum.FIRST} to {fit[1]}"})
