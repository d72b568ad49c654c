"""What a linear probe makes of clean and of corrupted images."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from lookalike.data.sources import Source
from lookalike.evaluation.corruptions.apply import corrupted_copy
from lookalike.evaluation.corruptions.numbers import Pixels
from lookalike.evaluation.corruptions.plain import Clean, clean
from lookalike.evaluation.features import Features, embed, frozen
from lookalike.evaluation.probes.classifier import Classifier
from lookalike.evaluation.probes.linear import fit
from lookalike.evaluation.subject import Subject
from lookalike.training.runtime import Runtime
from lookalike.views.colour import standardised


class Probe(NamedTuple):
    """A linear classifier of features.

    Args:
        classifier: of the classes that the training images have.
        present: which those are.
        how: it was chosen.
    """

    classifier: Classifier
    present: Int[Tensor, " present"]
    how: dict[str, Any]

    @classmethod
    def fitted(cls, train: Features, *, seed: int) -> "Probe":
        """The classifier of `linear`."""
        return cls(*fit(train, seed=seed))

    def guess(self, values: Float[Tensor, "n d"]) -> tuple[Int[Tensor, " n"], Float[Tensor, " n"]]:
        """The class each image is taken for, and how surely, in 0 … 1."""
        confidence, place = self.classifier.scores(values).softmax(dim=1).max(dim=1)
        return self.present[place], confidence


class Copies(NamedTuple):
    """Which copies of an image are judged: the clean one, then each kind in its severities.

    Args:
        kinds: names.
        severities: of 1 … 5.
        seed: of the corruptions.
    """

    kinds: tuple[str, ...]
    severities: tuple[int, ...]
    seed: int

    def of(self, images: Clean) -> Iterator[Pixels]:
        """One copy of all images after the other."""
        yield images.pixels
        for kind in self.kinds:
            for severity in self.severities:
                yield corrupted_copy(images.pixels, kind, severity, images.image, seed=self.seed)

    def parted(
        self, each: Shaped[Tensor, "n copies"]
    ) -> tuple[Float[Tensor, " n"], Float[Tensor, "n kinds severities"]]:
        """A number of each copy: those of the clean ones, and the others in a table."""
        numbers = each.double()
        shape = (len(self.kinds), len(self.severities))
        return numbers[:, 0], numbers[:, 1:].unflatten(1, shape)


class Judged(NamedTuple):
    """n test images, and what each copy of them was taken for."""

    image: Int[Tensor, " n"]  # which image of the test source
    wrong: Bool[Tensor, "n copies"]
    confidence: Float[Tensor, "n copies"]


def judge(
    subject: Subject, test: Source, runtime: Runtime, probe: Probe, copies: Copies, *, workers: int
) -> Judged:
    """The copies of every readable test image; photos are decoded once."""
    parts = []
    with frozen(subject.encoder):
        for images in clean(test, subject.policy, device=runtime.device, workers=workers):
            answers = [probe.guess(_features(subject, each, runtime)) for each in copies.of(images)]
            guess, confidence = (torch.stack(column, 1) for column in zip(*answers, strict=True))
            parts.append(Judged(images.image, guess != images.label[:, None], confidence))
    return Judged(*(torch.cat(columns) for columns in zip(*parts, strict=True)))


def _features(subject: Subject, pixels: Pixels, runtime: Runtime) -> Float[Tensor, "n d"]:
    views = pixels.to(runtime.device).float().div_(255)
    if subject.policy.normalize:
        views = standardised(views, subject.policy.normalize)
    return embed(subject.encoder, views, runtime).cpu()
