"""Finding images of the same class: nearest neighbours among the test images themselves."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lookalike.errors import DataError
from lookalike.evaluation.comparing import resampling
from lookalike.evaluation.features import Features
from lookalike.evaluation.metrics import Outcome
from lookalike.evaluation.neighbours.nearest import nearest_others

_RECALLS = (1, 5, 10)


def retrieval(train: Features, test: Features, *, classes: int, seed: int = 0) -> Outcome:
    """Each test image asks for its class among all the other test images, in cosine similarity.

    recall@k is the share of images with at least one of their class among their k nearest, as in
    metric learning (Oh Song et al., 2016). With R the number of other images of the class,
    R-precision is the share of the class among the R nearest, and mAP@R the sum of the precision at
    each of these R places that holds the class, divided by R (Musgrave et al., 2020). The
    intervals are those of the mean over images that ask; the images found stay the same.

    Args:
        train: not looked at.
        test: features to ask with and to be found.
        classes: unused.
        seed: of the resampling.

    Raises:
        DataError: no class has two test images.
    """
    del train, classes
    others = _others(test.label)
    asking = (others > 0).nonzero()[:, 0]
    if not len(asking):
        raise DataError(
            "Retrieval needs two test images of a class, and there is none with more than one.",
            do="Give more labelled test images.",
        )
    rest = len(others) - 1
    deep = min(rest, max(*_RECALLS, int(others.max())))
    parts = [
        _judge(test.label[near] == test.label[rows, None], others[rows])
        for rows, near in nearest_others(test.values, asking, deep)
    ]
    found = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    how = {
        "similarity": "cosine, exact",
        "asked": f"{len(asking)} test images, each among the {rest} others",
        "left_out": f"{len(others) - len(asking)} images that are the only one of their class",
    }
    return Outcome(resampling.shares(found, seed=seed), how)


def _others(label: Int[Tensor, " n"]) -> Int[Tensor, " n"]:
    """How many other images have an image's class."""
    return torch.bincount(label)[label] - 1


def _judge(
    right: Bool[Tensor, "m deep"], others: Int[Tensor, " m"]
) -> dict[str, Float[Tensor, " m"]]:
    """The metrics of each image that asks."""
    place = torch.arange(1, right.shape[1] + 1)
    counted = right & (place <= others[:, None])
    precision = counted.cumsum(dim=1).double() / place
    return {
        **{f"recall@{k}": right[:, :k].any(dim=1).double() for k in _RECALLS},
        "mAP@R": (precision * counted).sum(dim=1) / others,
        "R-precision": counted.sum(dim=1).double() / others,
    }
