"""What an encoder still tells of how its image was changed (SimCLR, table 3)."""

import warnings
from typing import Literal, cast

import torch
from jaxtyping import Float, Int
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from torch import Tensor

from lookalike.data.sources import Source, chosen
from lookalike.errors import DataError, UsageError
from lookalike.evaluation.comparing import resampling
from lookalike.evaluation.features import Features
from lookalike.evaluation.kept.changes import GREY, embed_versions, questions
from lookalike.evaluation.metrics import Outcome
from lookalike.evaluation.probes.classifier import Scale
from lookalike.evaluation.probes.linear import linear
from lookalike.evaluation.subject import Subject
from lookalike.randomness import number, order
from lookalike.training.runtime import Runtime

CHANCE = {
    "rotation": 1 / 4,
    "original or noise": 1 / 2,
    "original or Sobel": 1 / 2,
    "colour or grey": 1 - GREY,
}
"""What is asked, and how often one is right without a look."""

_BATCH = 200  # images and versions per update of the probe
_PATIENCE = 200  # updates without a gain, and at least 10 epochs, after which it stops
_FEWEST = 50  # training images, so that each answer occurs among those that stop the training


def transformations(
    subject: Subject,
    train: Source,
    test: Source,
    runtime: Runtime,
    *,
    classes: int,
    seed: int = 0,
    workers: int = 0,
    probe: Literal["mlp", "linear"] = "mlp",
    hidden: int = 512,
    images: int = 5000,
    level: float = 0.1,
) -> Outcome:
    """Which change was made to an image, read from its features (SimCLR, table 3).

    Each image is turned by 0, 90, 180 and 270 degrees; with and without noise; itself and its edges;
    and a fifth of the images have lost their colour. High accuracy means that the features keep the
    change: SimCLR's h does and its z = g(h) does not. SimCLR trains "additional MLPs" of unpublished
    size, and ours has one hidden layer. An interval is of the mean over test images, whose versions
    stay together. Colour is asked of RGB images only, and edges of grey and RGB ones.

    Args:
        subject: the encoder; with its head behind it, it is z that is asked.
        train: images that the probe learns from; their labels are not used.
        test: images that it is tested on; likewise.
        runtime: device and precision.
        classes: unused.
        seed: of the choice of images, the noise, who loses colour, and the probe.
        workers: processes that decode photos.
        probe: "mlp" as in the paper, which a tenth of the training features stop early; "linear" is
            the exact one of `linear`, which finds only what a straight cut can read.
        hidden: width of the hidden layer.
        images: at most so many of each source.
        level: standard deviation of the noise, as a share of white; the paper does not say.

    Raises:
        DataError: there are fewer than 50 training images.
        UsageError: `hidden`, `images` or `level` is too small.
    """
    del classes
    if hidden < 1 or images < _FEWEST or level <= 0:
        raise UsageError(f"This needs hidden=1, images={_FEWEST} or more and a level above 0.")
    if len(train) < _FEWEST:
        raise DataError(f"This needs {_FEWEST} training images, and there are {len(train)}.")
    learned, asked = (
        _questions(subject, source, runtime, number(part, seed), workers, images, level)
        for part, source in (("train", train), ("test", test))
    )
    right = {
        name: _right(learned[name], asked[name], probe, hidden, seed)
        for name in CHANCE
        if name in learned
    }
    how = {
        "probe": probe,
        "hidden": hidden if probe == "mlp" else None,
        "chance": {name: CHANCE[name] for name in right},
        "seen": {"train": min(images, len(train)), "test": min(images, len(test))},
        "level": level,
    }
    return Outcome(resampling.shares(right, seed=seed), how)


def _questions(
    subject: Subject,
    source: Source,
    runtime: Runtime,
    seed: int,
    workers: int,
    images: int,
    level: float,
) -> dict[str, Features]:
    """Of a random choice of images; both sources have a seed of their own."""
    sample = chosen(source, order(number("images", seed), 0, len(source))[:images])
    versions = embed_versions(
        subject, sample, runtime, seed=number("noise", seed), workers=workers, level=level
    )
    return questions(versions, number("grey", seed))


def _right(
    train: Features, test: Features, probe: str, hidden: int, seed: int
) -> Float[Tensor, " n"]:
    """The share of right answers of each test image."""
    if probe == "mlp":
        guess = _mlp(train, test, hidden, seed)
    else:
        found = linear(train, test, classes=int(train.label.max()) + 1, seed=seed)
        guess = cast(Tensor, found.result).argmax(dim=1)
    versions = (guess == test.label).double().view(-1, int(test.image.max()) + 1)
    return versions.mean(dim=0)


def _mlp(train: Features, test: Features, hidden: int, seed: int) -> Int[Tensor, " n"]:
    scale, updates_per_epoch = Scale.of(train.values), max(1, len(train.label) // _BATCH)
    model = MLPClassifier(
        hidden,
        batch_size=min(_BATCH, len(train.label)),
        early_stopping=True,
        n_iter_no_change=max(10, _PATIENCE // updates_per_epoch),
        max_iter=1000,
        random_state=number("mlp", seed) % 2**32,
    )
    with warnings.catch_warnings():  # the greatest number of epochs is an end as good as others
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(scale(train.values).numpy(), train.label.numpy())
    return torch.from_numpy(model.predict(scale(test.values).numpy())).long()
