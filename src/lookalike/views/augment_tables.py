"""The numbers of AutoAugment and RandAugment, as data. Nothing here imports torch.

Both name operations and give each a level. What argument a level means differs from library to
library: that is a `Form`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

OPERATIONS = (
    "identity",
    "rotate",  # degrees, counter-clockwise
    "shear_x",  # how many pixels further right each lower row is read
    "shear_y",  # how many pixels further down each column to the right is read
    "translate_x",  # pixels to the right
    "translate_y",  # pixels down
    "brightness",  # a factor, as for the next three; 1 changes nothing
    "contrast",
    "saturation",
    "sharpness",
    "posterize",  # the bits that are kept
    "solarize",  # the least level, of 256, that is inverted
    "solarize_add",  # levels
    "equalize",  # no argument, as for the next two
    "autocontrast",
    "invert",
    "cutout",  # half the side of the hole in pixels
)
"""Names of the operations; beside them the unit of their arguments."""


class Span(NamedTuple):
    """The arguments of an operation: start ± reach * level / top."""

    start: float
    reach: float
    signed: bool = False  # a sign is drawn; otherwise it is +
    share: bool = False  # the reach is a share of the view's side
    cut: bool = False  # the product is cut to a whole number
    rounded: bool = False  # the product is rounded to a whole number


@dataclass(frozen=True, kw_only=True)
class Form:
    """What levels mean in one library, and what its moved images look like.

    Args:
        top: the greatest level.
        spans: of the operations that have an argument.
        fill: levels of the holes, for each channel or for all.
        interpolation: how moved images are read.
        contrast: what it is about: the mean of the grey image, or the model garden's level, which
            depends on the image's size alone.
    """

    top: float
    spans: Mapping[str, Span]
    fill: tuple[int, ...]
    interpolation: Literal["nearest", "bicubic"]
    contrast: Literal["mean", "size"] = "mean"


def _spans(translate: Span, enhance: Span, **others: Span) -> dict[str, Span]:
    return {
        "rotate": Span(0, 30, signed=True),
        **dict.fromkeys(("shear_x", "shear_y"), Span(0, 0.3, signed=True)),
        **dict.fromkeys(("translate_x", "translate_y"), translate),
        **dict.fromkeys(("brightness", "contrast", "saturation", "sharpness"), enhance),
        **others,
    }


def _torchvision(top: float) -> Form:
    spans = _spans(
        translate=Span(0, 150 / 331, signed=True, share=True, cut=True),
        enhance=Span(1, 0.9, signed=True),
        posterize=Span(8, -4, rounded=True),
        solarize=Span(255, -255),
    )
    return Form(top=top, spans=spans, fill=(0,), interpolation="nearest")


def _tensorflow(translate: float) -> Form:
    spans = _spans(
        translate=Span(0, translate, signed=True),  # in pixels, whatever the view's side
        enhance=Span(0.1, 1.8),
        posterize=Span(0, 4, cut=True),
        solarize=Span(0, 256, cut=True),
        solarize_add=Span(0, 110, cut=True),
        cutout=Span(0, 40, cut=True),
    )
    return Form(top=10, spans=spans, fill=(128,), interpolation="nearest", contrast="size")


def _timm() -> Form:
    spans = _spans(
        translate=Span(0, 0.45, signed=True, share=True),
        enhance=Span(1, 0.9, signed=True),
        posterize=Span(4, -4, cut=True),
        solarize=Span(256, -256, cut=True),
        solarize_add=Span(0, 110, cut=True),
    )
    return Form(top=10, spans=spans, fill=(124, 116, 104), interpolation="bicubic")


AUTO_FORMS = {"imagenet": _torchvision(9), "cifar10": _torchvision(9), "v0": _tensorflow(250)}
"""For each table of AutoAugment."""

RAND_FORMS = {"torchvision": _torchvision(30), "tensorflow": _tensorflow(100), "timm": _timm()}
"""For each form of RandAugment."""


def _without(*names: str) -> tuple[str, ...]:
    return tuple(name for name in OPERATIONS if name not in names)


RAND_OPERATIONS = {
    "torchvision": _without("solarize_add", "invert", "cutout"),
    "tensorflow": OPERATIONS,
    "timm": _without("identity", "cutout"),
}
"""Among which each form of RandAugment draws."""

SubPolicies = tuple[tuple[tuple[str, float, int | None], tuple[str, float, int | None]], ...]

_IMAGENET: SubPolicies = (
    (("posterize", 0.4, 8), ("rotate", 0.6, 9)),
    (("solarize", 0.6, 5), ("autocontrast", 0.6, None)),
    (("equalize", 0.8, None), ("equalize", 0.6, None)),
    (("posterize", 0.6, 7), ("posterize", 0.6, 6)),
    (("equalize", 0.4, None), ("solarize", 0.2, 4)),
    (("equalize", 0.4, None), ("rotate", 0.8, 8)),
    (("solarize", 0.6, 3), ("equalize", 0.6, None)),
    (("posterize", 0.8, 5), ("equalize", 1.0, None)),
    (("rotate", 0.2, 3), ("solarize", 0.6, 8)),
    (("equalize", 0.6, None), ("posterize", 0.4, 6)),
    (("rotate", 0.8, 8), ("saturation", 0.4, 0)),
    (("rotate", 0.4, 9), ("equalize", 0.6, None)),
    (("equalize", 0.0, None), ("equalize", 0.8, None)),
    (("invert", 0.6, None), ("equalize", 1.0, None)),
    (("saturation", 0.6, 4), ("contrast", 1.0, 8)),
    (("rotate", 0.8, 8), ("saturation", 1.0, 2)),
    (("saturation", 0.8, 8), ("solarize", 0.8, 7)),
    (("sharpness", 0.4, 7), ("invert", 0.6, None)),
    (("shear_x", 0.6, 5), ("equalize", 1.0, None)),
    (("saturation", 0.4, 0), ("equalize", 0.6, None)),
    (("equalize", 0.4, None), ("solarize", 0.2, 4)),
    (("solarize", 0.6, 5), ("autocontrast", 0.6, None)),
    (("invert", 0.6, None), ("equalize", 1.0, None)),
    (("saturation", 0.6, 4), ("contrast", 1.0, 8)),
    (("equalize", 0.8, None), ("equalize", 0.6, None)),
)

_CIFAR10: SubPolicies = (
    (("invert", 0.1, None), ("contrast", 0.2, 6)),
    (("rotate", 0.7, 2), ("translate_x", 0.3, 9)),
    (("sharpness", 0.8, 1), ("sharpness", 0.9, 3)),
    (("shear_y", 0.5, 8), ("translate_y", 0.7, 9)),
    (("autocontrast", 0.5, None), ("equalize", 0.9, None)),
    (("shear_y", 0.2, 7), ("posterize", 0.3, 7)),
    (("saturation", 0.4, 3), ("brightness", 0.6, 7)),
    (("sharpness", 0.3, 9), ("brightness", 0.7, 9)),
    (("equalize", 0.6, None), ("equalize", 0.5, None)),
    (("contrast", 0.6, 7), ("sharpness", 0.6, 5)),
    (("saturation", 0.7, 7), ("translate_x", 0.5, 8)),
    (("equalize", 0.3, None), ("autocontrast", 0.4, None)),
    (("translate_y", 0.4, 3), ("sharpness", 0.2, 6)),
    (("brightness", 0.9, 6), ("saturation", 0.2, 8)),
    (("solarize", 0.5, 2), ("invert", 0.0, None)),
    (("equalize", 0.2, None), ("autocontrast", 0.6, None)),
    (("equalize", 0.2, None), ("equalize", 0.6, None)),
    (("saturation", 0.9, 9), ("equalize", 0.6, None)),
    (("autocontrast", 0.8, None), ("solarize", 0.2, 8)),
    (("brightness", 0.1, 3), ("saturation", 0.7, 0)),
    (("solarize", 0.4, 5), ("autocontrast", 0.9, None)),
    (("translate_y", 0.9, 9), ("translate_y", 0.7, 9)),
    (("autocontrast", 0.9, None), ("solarize", 0.8, 3)),
    (("equalize", 0.8, None), ("invert", 0.1, None)),
    (("translate_y", 0.7, 9), ("autocontrast", 0.9, None)),
)

_V0: SubPolicies = (
    (("equalize", 0.8, 1), ("shear_y", 0.8, 4)),
    (("saturation", 0.4, 9), ("equalize", 0.6, 3)),
    (("saturation", 0.4, 1), ("rotate", 0.6, 8)),
    (("solarize", 0.8, 3), ("equalize", 0.4, 7)),
    (("solarize", 0.4, 2), ("solarize", 0.6, 2)),
    (("saturation", 0.2, 0), ("equalize", 0.8, 8)),
    (("equalize", 0.4, 8), ("solarize_add", 0.8, 3)),
    (("shear_x", 0.2, 9), ("rotate", 0.6, 8)),
    (("saturation", 0.6, 1), ("equalize", 1.0, 2)),
    (("invert", 0.4, 9), ("rotate", 0.6, 0)),
    (("equalize", 1.0, 9), ("shear_y", 0.6, 3)),
    (("saturation", 0.4, 7), ("equalize", 0.6, 0)),
    (("posterize", 0.4, 6), ("autocontrast", 0.4, 7)),
    (("solarize", 0.6, 8), ("saturation", 0.6, 9)),
    (("solarize", 0.2, 4), ("rotate", 0.8, 9)),
    (("rotate", 1.0, 7), ("translate_y", 0.8, 9)),
    (("shear_x", 0.0, 0), ("solarize", 0.8, 4)),
    (("shear_y", 0.8, 0), ("saturation", 0.6, 4)),
    (("saturation", 1.0, 0), ("rotate", 0.6, 2)),
    (("equalize", 0.8, 4), ("equalize", 0.0, 8)),
    (("equalize", 1.0, 4), ("autocontrast", 0.6, 2)),
    (("shear_y", 0.4, 7), ("solarize_add", 0.6, 7)),
    (("posterize", 0.8, 2), ("solarize", 0.6, 10)),
    (("solarize", 0.6, 8), ("equalize", 0.6, 1)),
    (("saturation", 0.8, 6), ("rotate", 0.4, 5)),
)

SUB_POLICIES = {"imagenet": _IMAGENET, "cifar10": _CIFAR10, "v0": _V0}
"""Name, probability and level of both operations of all 25 pairs of each table of AutoAugment."""
