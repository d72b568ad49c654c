"""A labelled set in three parts: to train, to choose and to test."""

from dataclasses import replace
from typing import Any, NamedTuple

from jaxtyping import Int
from torch import Tensor

from lookalike.data.benchmarks import Benchmark
from lookalike.data.benchmarks.division import SHARE, divided, per_class
from lookalike.data.labels import map_labels
from lookalike.data.sources import Source, chosen
from lookalike.errors import DataError


class Parts(NamedTuple):
    """A set in three parts, whose labels are numbers in the same classes.

    Args:
        metric: the number that is compared: "top-1", "balanced" or "mAP".
        train: images to train on.
        val: images that choose settings.
        test: images that choose nothing.
        marks: part → what its images show, 1, 0 or -1 (difficult), where they may show several
            classes; they have no label then.
        about: where all this comes from, ready for JSON.
    """

    metric: str
    train: Source
    val: Source
    test: Source
    marks: dict[str, Int[Tensor, "n classes"]] | None
    about: dict[str, Any]


def make_parts(
    shipped: dict[str, Source], benchmark: Benchmark | None, about: dict[str, Any], seed: int
) -> Parts:
    """A set's labelled images, divided, in the classes of those to train on.

    Args:
        shipped: "train", "test" and perhaps "val", or "all".
        benchmark: the papers' set that it is; without one `SHARE` of each class is held out.
        about: what else to say of it.
        seed: of what is drawn.

    Raises:
        DataError: a part has no labels, or classes that the images to train on do not have.
    """
    classes = next(iter(shipped.values())).classes
    same = {part: _in_classes(source, classes) for part, source in shipped.items()}
    held_out = benchmark.held_out if benchmark else None
    parts = divided(
        same, held_out=held_out or SHARE, drawn=benchmark.drawn if benchmark else None, seed=seed
    )
    absent = {part: _absent(source) for part, source in parts.items()}
    facts = about | {"classes_without_images": absent} if any(absent.values()) else about
    metric = benchmark.metric if benchmark else "top-1"
    facts = facts | sizes(parts, benchmark) | {"metric": metric, "split_seed": seed}
    return Parts(metric, **parts, marks=None, about=facts)


def _in_classes(source: Source, classes: tuple[str, ...]) -> Source:
    """The labelled images, in these classes."""
    mapped = replace(
        source, label=map_labels(source.label, source.classes, classes), classes=classes
    )
    has = (mapped.label >= 0).nonzero().flatten()
    if not len(has):
        raise DataError(
            f"{source.name} have no labels.",
            do="Put them into one folder per class, or complete the archive.",
        )
    return mapped if len(has) == len(source) else chosen(mapped, has)


def sizes(parts: dict[str, Source], benchmark: Benchmark | None) -> dict[str, Any]:
    """The number of images in each part, and those of the papers where they are others."""
    images = {part: len(source) for part, source in parts.items()}
    if benchmark is None:
        return {"images": images}
    printed = dict(zip(("train", "val", "test"), benchmark.sizes, strict=True))
    return {"images": images} | ({} if printed == images else {"printed": printed})


def _absent(source: Source) -> list[str]:
    """Classes of which it has no image."""
    count = per_class(source)
    return [name for name, each in zip(source.classes, count.tolist(), strict=True) if not each]
