"""Evaluations while training, on images held out of it."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lookalike.data.sources import Source
from lookalike.evaluation.asking import evaluate
from lookalike.evaluation.features import Features
from lookalike.evaluation.watching.watched import Watched, due
from lookalike.training.monitors import Moment
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Policy


class OnlineProbe(nn.Module):
    """A linear classifier that learns beside the method, behind a stop-gradient.

    It takes one step of SGD (momentum 0.9) after each update, on the features the method has just
    computed, normalised as in MAE's linear probe (batch norm without scale and shift), so that one
    rate suits every method. It has a checkpoint of its own in the run's, and never touches the
    method.

    Args:
        features: of the encoder.
        classes: of the labels; images without one teach it nothing.
        rate: its learning rate.
    """

    def __init__(self, features: int, classes: int, *, rate: float = 0.05) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(features, affine=False)
        self.classifier = nn.Linear(features, classes)
        nn.init.zeros_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)
        self.optimizer = torch.optim.SGD(self.parameters(), lr=rate, momentum=0.9)

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        del numbers
        features, label = moment.step.features.detach().float(), moment.batch.label
        if len(label) > 1:  # one image has no spread to normalise by
            self.train()
            scores = self.classifier(self.norm(features))
            total = cross_entropy(scores, label, ignore_index=-1, reduction="sum")
            (total / (label >= 0).sum().clamp_min(1)).backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
        return {}

    @torch.inference_mode()
    def accuracy(self, values: Float[Tensor, "n d"], label: Int[Tensor, " n"]) -> float:
        """The share of images it takes for what they are."""
        self.eval()
        scores = self.classifier(self.norm(values.to(self.classifier.weight.device)))
        share: float = (scores.argmax(dim=1).cpu() == label).double().mean().item()
        return share


class HeldOut:
    """Evaluations of features at every look: {"held_out_linear": 0 … 1, …}.

    The encoder sees a fixed choice of training images and of held-out ones in their plain view; the
    evaluations learn from the former and judge the latter. The test set is never looked at.

    Args:
        train: the training images.
        held_out: labelled images that are not trained on.
        policy: how they are seen, `views.presets.plain` of the policy trained on.
        runtime: device and precision.
        questions: title → name and settings of each evaluation; its first metric is the number.
        every: updates between two looks; the last update is always looked at.
        probe: the online probe, judged on the same held-out images.
        limit: the most images that are watched on either side.
        seed: chooses them.
    """

    def __init__(
        self,
        train: Source,
        held_out: Source,
        policy: Policy,
        runtime: Runtime,
        questions: Mapping[str, tuple[str, dict[str, Any]]],
        *,
        every: int,
        probe: OnlineProbe | None = None,
        limit: int = 2000,
        seed: int = 0,
    ) -> None:
        self._train, self._held_out = (
            Watched(source, (policy,), runtime, limit, seed, needs_labels=True)
            for source in (train, held_out)
        )
        self._questions, self._classes = questions, len(train.classes)
        self._every, self._probe = every, probe

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        del numbers
        if not due(moment, self._every):
            return {}
        test = _features(self._held_out, moment)
        found = {}
        if self._questions:
            train = _features(self._train, moment)
            for title, (name, settings) in self._questions.items():
                report = evaluate(
                    name, train, test, subject="trained", classes=self._classes, **settings
                )
                found[f"held_out_{title}"] = next(iter(report.metrics.values())).value
        if self._probe:
            found["held_out_probe"] = self._probe.accuracy(test.values, test.label)
        return found


def _features(watched: Watched, moment: Moment) -> Features:
    (values,) = watched.features(moment.method.kept)
    label = watched.sample.label
    return Features(values, label, torch.arange(len(label)))
