"""What is learned so far, told while training: monitors that only look.

Each watches a fixed set of images, rendered once and held in half precision, so that a look costs
no more than their passes forward: 3,000 for both monitors together, about the work of training on
500 images in two views.
"""

import torch

from lookalike.data.sources import Source
from lookalike.evaluation.features import Features
from lookalike.evaluation.neighbours.knn import vote
from lookalike.evaluation.unlabelled import spectrum
from lookalike.evaluation.watching.watched import Watched, due
from lookalike.training.monitors import Moment
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Policy


class OnlineKNN:
    """Accuracy of nearest neighbours among training images: {"knn": 0 … 1}, {} without labels.

    Each watched image is judged by all the others (leave one out), so every one serves as neighbour
    and as question. The test set is never looked at.

    Args:
        source: the training images, or some of them; those without a label are left out.
        policy: how they are seen, `views.presets.plain` of the policy trained on.
        runtime: device and precision.
        every: updates between two looks; the last update is always looked at.
        limit: the most images that are watched.
        seed: chooses them.
    """

    def __init__(
        self,
        source: Source,
        policy: Policy,
        runtime: Runtime,
        *,
        every: int,
        limit: int = 2000,
        seed: int = 0,
    ) -> None:
        self._watched = Watched(source, (policy,), runtime, limit, seed, needs_labels=True)
        self._classes, self._every = len(source.classes), every
        self._possible = int((source.label >= 0).sum()) > 1

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        del numbers
        if not (self._possible and due(moment, self._every)):
            return {}
        label = self._watched.sample.label
        (values,) = self._watched.features(moment.method.encoder)
        everyone = Features(values, label, torch.arange(len(label)))
        k = min(20, len(label) - 1)
        scores = vote(everyone, everyone, self._classes, k, 0.07, exclude_itself=True)
        return {"knn": (scores.argmax(dim=1) == label).double().mean().item()}


class Health:
    """The label-free numbers of `spectrum`, and the alignment of the first two views.

    Args:
        source: the training images, or some of them.
        policies: of the views trained on; of one view alone there is no alignment.
        runtime: device and precision.
        every: updates between two looks; the last update is always looked at.
        limit: the most images that are watched.
        seed: chooses them and draws their views.
    """

    def __init__(
        self,
        source: Source,
        policies: tuple[Policy, ...],
        runtime: Runtime,
        *,
        every: int,
        limit: int = 500,
        seed: int = 0,
    ) -> None:
        self._watched = Watched(source, policies[:2], runtime, limit, seed)
        self._every = every

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        del numbers
        if not due(moment, self._every):
            return {}
        first, *second = self._watched.features(moment.method.encoder)
        found = spectrum.describe(first)
        return found | {"alignment": spectrum.alignment(first, *second)} if second else found
