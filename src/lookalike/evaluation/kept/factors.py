"""What the features know of how each picture was made, where that is known."""

import math
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from torch import Tensor

from lookalike.data.sources import Images, Source
from lookalike.errors import DataError
from lookalike.evaluation.comparing.resampling import interval, resampled_means
from lookalike.evaluation.features import Features, extract
from lookalike.evaluation.metrics import Estimate, Outcome, measure
from lookalike.evaluation.probes.classifier import Scale
from lookalike.evaluation.probes.linear import linear
from lookalike.evaluation.subject import Subject
from lookalike.training.runtime import Runtime

PERIODS = {"hue": 1.0, "rotation": math.tau}
"""Factors that come round: they are read as a point on the circle, its sine and cosine."""

_STRENGTHS = np.logspace(-3, 6, 19)


def factors(
    subject: Subject,
    train: Source,
    test: Source,
    runtime: Runtime,
    *,
    classes: int,
    seed: int = 0,
    workers: int = 0,
) -> Outcome:
    """Each known factor read by a linear probe: accuracy of kinds, R² of numbers.

    Kinds are read by the exact probe of `linear`. Numbers are read by ridge regression, its penalty
    chosen by leaving out one training image at a time; R² is the share of the test images' variance
    that is explained, 1 at best and 0 for the mean. Factors that come round are read as sine and
    cosine together. The rotation of a shape that looks the same after a part of a turn cannot be
    read, so it is never 1.

    Args:
        subject: the encoder.
        train: images with known factors, as those of "shapes".
        test: images with the same factors.
        runtime: device and precision.
        classes: unused.
        seed: of the split and the resampling.
        workers: processes that decode photos; known factors come with pictures in memory only.

    Raises:
        DataError: no factors are known.
    """
    del classes
    known, true = _factors(train), _factors(test)
    learned, asked = (
        extract(subject.encoder, source, subject.policy, runtime=runtime, workers=workers)
        for source in (train, test)
    )
    kinds = [name for name, values in known.items() if not values.is_floating_point()]
    found = {
        f"{name} accuracy": _classified(
            learned._replace(label=known[name]), asked._replace(label=true[name]), seed
        )
        for name in kinds
    }
    targets, truths = (
        {name: _target(name, values) for name, values in side.items() if name not in kinds}
        for side in (known, true)
    )
    guesses = _regressed(learned, asked, targets) if targets else {}
    found |= {f"{name} R²": _r2(guesses[name], truths[name], seed) for name in guesses}
    how = {
        "accuracy": "multinomial logistic regression, penalty chosen on training images held out",
        "R²": "ridge regression, penalties chosen by leaving one training image out",
        "circular": [name for name in targets if name in PERIODS],
    }
    return Outcome(found, how)


def _factors(source: Source) -> dict[str, Tensor]:
    known = source.factors if isinstance(source, Images) else {}
    if not known:
        raise DataError(
            f"Nothing is known of how these pictures were made: {source.name}.",
            why="This evaluation needs the factors of each: its shape, its colour, its place.",
            do="Use the set that has them: --data shapes.",
        )
    return known


def _target(name: str, values: Float[Tensor, "n ..."]) -> Float[Tensor, "n k"]:
    """The columns to predict."""
    columns = values.double().view(len(values), -1)
    if name not in PERIODS:
        return columns
    angle = columns * (math.tau / PERIODS[name])
    return torch.cat([angle.cos(), angle.sin()], dim=1)


def _classified(train: Features, test: Features, seed: int) -> Estimate:
    kinds = int(torch.cat([train.label, test.label]).max()) + 1
    found = linear(train, test, classes=kinds, seed=seed)
    return measure(cast(Tensor, found.result), test.label, seed=seed)["top-1"]


def _regressed(
    train: Features, test: Features, targets: dict[str, Float[Tensor, "n _"]]
) -> dict[str, Float[Tensor, "m _"]]:
    """What is guessed of each factor; each column has a penalty of its own."""
    scale = Scale.of(train.values.double())
    model = RidgeCV(_STRENGTHS, alpha_per_target=True)
    model.fit(scale(train.values.double()).numpy(), torch.cat([*targets.values()], 1).numpy())
    guess = torch.from_numpy(model.predict(scale(test.values.double()).numpy()))
    columns = guess.view(len(test.values), -1).split([t.shape[1] for t in targets.values()], 1)
    return dict(zip(targets, columns, strict=True))


def _r2(guess: Float[Tensor, "n k"], truth: Float[Tensor, "n k"], seed: int) -> Estimate:
    """R² over all columns together, and its bootstrap interval."""
    # All that R² needs of an image: its error and its target, so it is a function of their means.
    error = (guess - truth).square().sum(dim=1, keepdim=True)
    needed = torch.cat([error, truth, truth.square()], dim=1)
    whole = _explained(needed.mean(dim=0, keepdim=True).numpy())
    return interval(float(whole[0]), _explained(resampled_means(needed, seed=seed)))


def _explained(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """R² of each row of means: the squared error, the targets, their squares."""
    error, (first, second) = means[:, 0], np.split(means[:, 1:], 2, axis=1)
    explained: NDArray[np.float64] = 1 - error / (second - first**2).sum(axis=1)
    return explained
