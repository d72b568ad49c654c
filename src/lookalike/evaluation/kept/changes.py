"""Features of images that were changed in a known way, as questions: which change was it?"""

from collections import defaultdict
from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lookalike.data.loading import in_order
from lookalike.data.sources import Source
from lookalike.evaluation.features import Features, embed, frozen
from lookalike.evaluation.subject import Subject
from lookalike.randomness import image_keys, order, uniform
from lookalike.training.runtime import Runtime
from lookalike.views.colour import drop, standardised
from lookalike.views.erasing import noise
from lookalike.views.kernels import sobel

GREY = 0.2
"""Share of images that lose their colour, as in SimCLR's views."""

_BATCH = 128

Versions = dict[str, Float[Tensor, "n d"]]


def embed_versions(
    subject: Subject, source: Source, runtime: Runtime, *, seed: int, workers: int, level: float
) -> Versions:
    """Features of every readable image, plain and in each changed version.

    The changes are made to the plain view, before it is standardised: quarter turns; noise; edges,
    of grey and RGB images; and loss of colour, of RGB images.

    Args:
        subject: the encoder, left as it was.
        source: the images.
        runtime: device and precision.
        seed: of the noise.
        workers: processes that decode photos.
        level: standard deviation of the noise, as a share of white.
    """
    raw, statistics = replace(subject.policy, normalize=None), subject.policy.normalize
    found = defaultdict(list)
    with frozen(subject.encoder):
        for batch in in_order(source, raw, batch=_BATCH, device=runtime.device, workers=workers):
            key = image_keys(seed, 0, batch.image)
            for name, views in _versions(batch.views[0], key, level).items():
                seen = standardised(views, statistics) if statistics else views
                found[name].append(embed(subject.encoder, seen, runtime).cpu())
    return {name: torch.cat(parts) for name, parts in found.items()}


def questions(versions: Versions, seed: int) -> dict[str, Features]:
    """For each change the features, the right answers and which image each row is of.

    Args:
        versions: from `embed_versions`.
        seed: of who loses colour.
    """
    plain = versions["turned 0"]
    found = {
        "rotation": _which([versions[f"turned {turn}"] for turn in range(4)]),
        "original or noise": _which([plain, versions["noise"]]),
    }
    if "sobel" in versions:
        found["original or Sobel"] = _which([plain, versions["sobel"]])
    if "grey" in versions:
        label = torch.zeros(len(plain), dtype=torch.int64)
        label[order(seed, 0, len(plain))[: round(GREY * len(plain))]] = 1
        values = torch.where(label[:, None] == 1, versions["grey"], plain)
        found["colour or grey"] = Features(values, label, torch.arange(len(plain)))
    return found


def _versions(
    images: Float[Tensor, "n c s s"], key: Int[Tensor, " n"], level: float
) -> dict[str, Float[Tensor, "n c s s"]]:
    found = {f"turned {turn}": images.rot90(turn, (2, 3)) for turn in range(4)}
    numbers = uniform(key, "noise", 3)
    numbers[:, 0] = level
    found["noise"] = noise(images, numbers)
    if images.shape[1] in (1, 3):
        found["sobel"] = sobel(images)
    if images.shape[1] == 3:
        found["grey"] = drop(images)
    return found


def _which(versions: list[Float[Tensor, "n d"]]) -> Features:
    """All versions of all images; the answer is the number of the version."""
    count = len(versions[0])
    answer = torch.arange(len(versions)).repeat_interleave(count)
    return Features(torch.cat(versions), answer, torch.arange(count).repeat(len(versions)))
