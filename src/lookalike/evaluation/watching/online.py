"""What is learned so far, told while training: monitors that only look.

Each watches a fixed set of images, rendered once and held in half precision, so that a look costs
no more than their passes forward: 3,000 for both monitors together, about the work of training on
500 images in two views.
"""

from collections.abc import Callable

import torch
from torch import nn

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

    The first look after a third of the run adds "knn_untrained", that of the encoder without any
    training, which the other has to exceed by then.

    Each watched image is judged by all the others (leave one out), so every one serves as neighbour
    and as question. The test set is never looked at.

    Args:
        source: the training images, or some of them; those without a label are left out.
        policy: how they are seen, `views.presets.plain` of the policy trained on.
        runtime: device and precision.
        every: updates between two looks; the last update is always looked at.
        limit: the most images that are watched.
        seed: chooses them.
        untrained: makes that encoder; None leaves its number out.
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
        untrained: Callable[[], nn.Module] | None = None,
    ) -> None:
        self._watched = Watched(source, (policy,), runtime, limit, seed, needs_labels=True)
        self._untrained = untrained
        self._classes, self._every = len(source.classes), every
        self._possible = int((source.label >= 0).sum()) > 1

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        del numbers
        if not (self._possible and due(moment, self._every)):
            return {}
        found = {"knn": self._accuracy(moment.method.kept)}
        done, third = moment.update + 1, moment.updates / 3
        if self._untrained and done - self._every <= third < done:
            found["knn_untrained"] = self._accuracy(self._untrained())
        return found

    def _accuracy(self, encoder: nn.Module) -> float:
        label = self._watched.sample.label
        (values,) = self._watched.features(encoder)
        everyone = Features(values, label, torch.arange(len(label)))
        k = min(20, len(label) - 1)
        scores = vote(everyone, everyone, self._classes, k, 0.07, exclude_itself=True)
        share: float = (scores.argmax(dim=1) == label).double().mean().item()
        return share


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
        first, *second = self._watched.features(moment.method.kept)
        found = spectrum.describe(first)
        return found | {"alignment": spectrum.alignment(first, *second)} if second else found
