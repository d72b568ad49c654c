"""Images of several classes at once: VOC2007's protocol."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lookalike.evaluation.comparing.resampling import SETS
from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.probes.classifier import Classifier
from lookalike.evaluation.probes.linear import GRID
from lookalike.evaluation.probes.logistic import Problem
from lookalike.randomness import number

Target = Int[Tensor, "n classes"]
"""1 where an image shows a class, 0 where not, -1 where that is left out of all accounts."""


def average_precision_11(scores: Float[Tensor, " n"], target: Int[Tensor, " n"]) -> float:
    """VOC2007's 11-point interpolated average precision of one class.

    (1 / 11) Σ over r = 0, 0.1 … 1 of the greatest precision at a recall of r or more (Everingham et
    al., 2010, Eq. 1 and 2). Images of equal scores are found together. NaN without a positive.

    Args:
        scores: higher is likelier.
        target: 1, 0, or -1 for an image that is ignored.
    """
    return _average_precisions(scores, target, torch.ones(1, len(scores))).item()


def mean_average_precision(
    scores: Float[Tensor, "n classes"], target: Target, *, seed: int, resamples: int = SETS
) -> Estimate:
    """Mean over classes of `average_precision_11`, with a bootstrap interval over images.

    Args:
        scores: higher is likelier.
        target: 1, 0 or -1; classes without a positive are left out.
        seed: of the resampling.
        resamples: test sets drawn for the interval; 0 for none, which makes it the value itself.
    """
    images = len(scores)
    generator = np.random.default_rng(number("bootstrap", seed) % 2**64)
    drawn = generator.multinomial(images, [1 / images] * images, size=resamples)
    weight = torch.cat([torch.ones(1, images), torch.from_numpy(drawn).float()])
    columns = zip(scores.T, target.T, strict=True)
    value, *others = torch.stack([_average_precisions(*each, weight) for each in columns]).nanmean(
        dim=0
    )
    if not others:
        return Estimate.exact(value.item(), percent=True)
    low, high = np.nanquantile(torch.stack(others).numpy(), (0.025, 0.975)).tolist()
    return Estimate(value.item(), low, high)


def one_vs_rest(
    train: Float[Tensor, "n d"],
    target: Target,
    val: Float[Tensor, "m d"],
    val_target: Int[Tensor, "m classes"],
    test: Float[Tensor, "k d"],
    *,
    grid: Sequence[float] = GRID[::-1],
) -> tuple[Float[Tensor, "k classes"], dict[str, Any]]:
    """Scores of binary logistic regressions with an l2 penalty, one for each class.

    The strength of the penalty, one for all classes, is the one with which classifiers of the
    training images have the best mAP on the validation images; of equals, the strongest. They are
    then fitted to both. The objective of a class is the sum of its cross-entropies + λ/2 |w|², on
    standardised features.

    Args:
        train: features to train on.
        target: what they show.
        val: features that choose.
        val_target: what they show.
        test: features to score.
        grid: λ, from great to small.

    Returns:
        The scores (logits), and how they were found, ready for JSON.
    """
    tried = _scores(train, target, val, lambda class_: class_.path([2 * each for each in grid]))
    found = [mean_average_precision(each, val_target, seed=0, resamples=0).value for each in tried]
    best = max(range(len(grid)), key=found.__getitem__)
    both, shown = torch.cat([train, val]), torch.cat([target, val_target])
    scores = _scores(both, shown, test, lambda class_: [class_.solve(2 * grid[best])])[0]
    how = {
        "penalty": grid[best],
        "penalty_means": "λ in: sum of cross-entropies + λ/2 |w|² of each class",
        "grid": list(grid),
        "grid_mAP": found,
    }
    return scores, how


def _scores(
    values: Float[Tensor, "n d"],
    target: Target,
    asked: Float[Tensor, "m d"],
    fit: Callable[[Problem], list[Classifier]],
) -> Float[Tensor, "s m classes"]:
    """Logits of the classifiers that `fit` finds for each class, of the images that are asked.

    A class is a problem of two classes with opposite weights, which are penalised twice: ½ w and
    -½ w with 2λ are w with λ.
    """
    whole = Problem(values, target[:, 0].clamp(min=0), classes=2)
    standard, columns = whole.scale(asked), []
    for shown in target.T:
        known = (shown >= 0).nonzero()[:, 0]
        found = fit(whole.part(known, shown[known]))
        logits = [(standard @ each.weight + each.bias).diff(dim=1)[:, 0] for each in found]
        columns.append(torch.stack(logits))
    return torch.stack(columns, dim=2)


def _average_precisions(
    scores: Float[Tensor, " n"], target: Int[Tensor, " n"], weight: Float[Tensor, "sets n"]
) -> Float[Tensor, " sets"]:
    """`average_precision_11` of sets in which each image occurs `weight` times."""
    if not (target == 1).any():
        return weight.new_full((len(weight),), math.nan).double()
    place = (target >= 0).nonzero()[:, 0]
    place = place[scores[place].argsort(descending=True)]
    ends = torch.cat([scores[place].diff() != 0, torch.tensor([True])])
    counts = weight[:, place]
    right = (counts * (target[place] == 1)).cumsum(dim=1)[:, ends]
    precision = right / counts.cumsum(dim=1)[:, ends].clamp_min(1)
    best = precision.flip(1).cummax(dim=1).values.flip(1)
    all_right = right[:, -1:]
    # In whole numbers, since 3 of 10 is a recall of 0.3.
    reached = torch.searchsorted(10 * right, all_right * torch.arange(11))
    found = best.gather(1, reached).double().mean(dim=1)
    return found.masked_fill(all_right[:, 0] == 0, math.nan)
