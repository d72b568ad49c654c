"""What to beware of with a run's encoder, in sentences."""

from collections.abc import Iterator
from typing import Any

from lookalike.record import Record

_CHANGES = {
    "crop": "which part of the image is seen, and how large",
    "flip": "left and right",
    "rotate": "which side is up",
    "affine": "small shifts, turns and shears",
    "jitter": "brightness, contrast and colour",
    "augment": "form, contrast and colour",
    "drop": "whether there is colour at all",
    "blur": "sharpness",
    "motion_blur": "sharpness",
    "sharpness": "sharpness",
    "solarize": "light and dark",
    "invert": "light and dark",
    "noise": "noise",
}
"""What a view takes from an image, by the name of the policy's field."""

FEW = 100_000
"""Images below which a card warns that there were few."""

_LABELS = ("supcon", "supervised")


def limits(record: Record) -> Iterator[str]:
    """One sentence or two for each limit."""
    lost = _lost(record)
    if lost:
        yield (
            f"The views changed {'; '.join(lost)}. The features were trained to overlook just that; "
            "where it matters, expect them to fail."
        )
    used = record.ledger.get("used")
    few = isinstance(used, int) and used < FEW
    yield (
        (f"It was trained on {used:,} images, which is few. " if few else "")
        + "Features follow the images trained on, and their gaps. On other kinds of images, measure "
        "before you rely on them."
    )
    yield from _of_evaluations(record)
    yield (
        "Nobody has examined what the features reveal about people, or whether the images' licences "
        "allow your use."
    )


def _of_evaluations(record: Record) -> Iterator[str]:
    if not record.evaluations:
        return
    yield (
        "The intervals say how far the draw of the test images may have moved a number. They do not "
        "cover another seed: this is one run."
    )
    names = dict.fromkeys(each.evaluation for each in record.evaluations)
    yield (
        f"The same test images answered {len(names)} evaluation{'s' * (len(names) > 1)} "
        f"({', '.join(names)}). None chose its settings by them; whoever chooses among runs or "
        "evaluations by these numbers has used them up."
    )
    own = record.setting("data", "path")
    carved = any(
        str(each.how.get("test_images", "")).startswith("carved") and each.how.get("data") == own
        for each in record.evaluations
    )
    if carved:
        labels = "and their labels " if record.setting("method", "name") in _LABELS else ""
        yield (
            "The test images were carved from the images it was trained on: the encoder has seen them "
            f"{labels}before. On new images expect less."
        )


def _lost(record: Record) -> list[str]:
    """What the views changed, so that features overlook it."""
    views: Any = record.setting("views")
    policies = [each for each in views if isinstance(each, dict)] if isinstance(views, list) else []
    found = (
        words
        for name, words in _CHANGES.items()
        if any(each.get(name) and not _fits(each[name]) for each in policies)
    )
    return list(dict.fromkeys(found))


def _fits(change: Any) -> bool:
    """Whether a crop takes the whole image or its middle, which is no change by chance."""
    return isinstance(change, dict) and "share" in change
