"""What the evaluations that train on images share: the loop, and images held out to choose by."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from jaxtyping import Float, Int
from torch import Tensor
from torch.optim import Optimizer

from lookalike.data.labels import split
from lookalike.data.loading import Loader
from lookalike.data.sources import Source, chosen
from lookalike.errors import DataError, UsageError
from lookalike.method import Method
from lookalike.randomness import number
from lookalike.training.loop import train
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Policy
from lookalike.views.presets import POLICIES

HELD_OUT = 0.2
"""Share of each class's training images that choose among several settings."""


class Course(NamedTuple):
    """How long something is trained."""

    batch: int  # images per update
    updates: int
    updates_per_epoch: int
    asked: int  # the batch before it was cut to the images there are

    @classmethod
    def of(cls, source: Source, *, epochs: int, batch: int, even: bool = False) -> "Course":
        """So many passes over a source.

        Args:
            source: the images; the batch is cut to their number.
            epochs: passes, without the images left over at the end of each.
            batch: images per update.
            even: whether the batch must be of even size, as mixing images in pairs needs.

        Raises:
            UsageError: no batch or no update is left.
        """
        asked, batch = batch, min(batch, len(source))
        batch -= batch % 2 if even else 0
        if batch < 1 or epochs < 1:
            raise UsageError(
                f"One cannot train for {epochs} epochs with {batch} images per update.",
                why=f"There are {len(source):,} images to train on.",
                do="Set epochs=1 and batch=2 or more.",
            )
        per_epoch = len(source) // batch
        return cls(batch, epochs * per_epoch, per_epoch, asked)

    def how(self) -> dict[str, Any]:
        """For the report."""
        cut = {"batch_cut_from": self.asked} if self.batch < self.asked else {}
        return {"updates": self.updates, "batch": self.batch, **cut}


def learn(
    method: Method,
    source: Source,
    policy: Policy,
    optimizer: Optimizer,
    rate: Callable[[int], float],
    *,
    course: Course,
    runtime: Runtime,
    seed: int,
    workers: int,
) -> None:
    """Trains `method` on views of the source that are drawn anew in each epoch.

    Args:
        method: on the runtime's device; changed in place.
        source: labelled images.
        policy: of their one view.
        optimizer: of the method's parameters.
        rate: number of an update → its learning rate.
        course: how long.
        runtime: device and precision.
        seed: of the order of the images, of the views and of dropout.
        workers: processes that decode photos.
    """
    loader = Loader(
        source,
        (policy,),
        batch=course.batch,
        seed=seed,
        device=runtime.device,
        workers=workers,
    )
    train(
        method,
        loader.batches(0, course.updates),
        optimizer,
        rate,
        runtime=runtime,
        seed=seed,
        start=0,
        updates=course.updates,
    )


def carved(source: Source, seed: int) -> tuple[Source, Source]:
    """The source without the images that choose, and these.

    Raises:
        DataError: no class has enough images.
    """
    rest, held = split(source.label, HELD_OUT, seed)
    if not len(held):
        raise DataError(
            f"There are too few labelled images to hold out {HELD_OUT:.0%} of each class.",
            why="They choose among the settings that this protocol tries.",
            do="Label more images, or choose a protocol that tries one setting only.",
        )
    return chosen(source, rest), chosen(source, held)


def share_of(source: Source, labels: str, seed: int) -> Source:
    """The images whose labels are used, the same share of each class.

    Args:
        source: labelled images.
        labels: "all", or a share such as "10%".
        seed: of the choice; the images of a smaller share are among those of a larger one.

    Raises:
        DataError: a class would have none.
    """
    if labels == "all":
        return source
    _, part = split(source.label, float(labels[:-1]) / 100, number("labels", seed))
    missing = set(source.label.tolist()) - set(source.label[part].tolist())
    if missing:
        raise DataError(
            f"{labels} of the images of {source.classes[min(missing)]!r} is less than one image.",
            why="A class without any label cannot be learned.",
            do="Use more labels.",
        )
    return chosen(source, part)


def choice(tried: list[dict[str, Any]]) -> dict[str, Any]:
    """For the report: the settings tried and the accuracy of each, None where it diverged."""
    if len(tried) < 2:
        return {"tried": "nothing: all settings are the paper's or were given"}
    chosen_by = f"accuracy on {HELD_OUT:.0%} of each class of the training images, held out"
    return {"tried": tried, "chosen_by": chosen_by, "then": "trained anew with the best"}


def policy_for(views: str, seen: Policy, channels: int) -> Policy:
    """A paper's training view, at the size and with the normalisation an encoder is used to.

    Without its RandAugment, whose colours need three channels, where images have other channels.

    Args:
        views: name of POLICIES.
        seen: how the encoder sees test images.
        channels: of the images.
    """
    policy = replace(POLICIES[views][0], size=seen.size, normalize=seen.normalize)
    return policy if channels == 3 else replace(policy, augment=None)


def accuracy(scores: Float[Tensor, "n classes"], label: Int[Tensor, " n"]) -> float:
    """Share of the images whose own class has the highest score."""
    return (scores.argmax(dim=1) == label).double().mean().item()
