"""What happens to the views of a run, in words, from its recipe as plain values."""

from collections.abc import Callable, Iterator
from typing import Any

Settings = dict[str, Any]


def views_in_words(views: Any) -> list[str]:
    """A line for each policy; equal ones share a line, and nothing is said of damaged ones."""
    policies = [each for each in views if isinstance(each, dict)] if isinstance(views, list) else []
    lines = []
    for number, policy in enumerate(policies):
        if policy in policies[:number]:
            continue
        alike = [str(i + 1) for i, each in enumerate(policies) if each == policy]
        which = f"View {alike[0]}" if len(alike) == 1 else f"Views {', '.join(alike)}"
        lines.append(f"{which}: {'; '.join(_words(policy))}.")
    return lines


def _words(policy: Settings) -> Iterator[str]:
    """The parts of one policy, in their usual order."""
    yield f"{policy.get('size', 'unknown')} px"
    for name, words in _WORDS.items():
        settings = policy.get(name)
        if not settings:
            continue
        try:
            told = words(settings) if isinstance(settings, dict) else words({})
        except (KeyError, TypeError, ValueError, IndexError):  # a recipe of another version
            told = name
        chance = settings.get("probability", 1.0) if isinstance(settings, dict) else settings
        yield told if chance == 1 else f"{told} ({_percent(chance)} of the views)"


def _percent(share: Any) -> str:
    return f"{100 * share:.3g} %" if isinstance(share, int | float) else str(share)


def _between(pair: Any) -> str:
    return f"{_percent(pair[0])} to {_percent(pair[1])}"


def _crop(crop: Settings) -> str:
    if "share" in crop:
        whole = "the whole image, its middle where it is no square"
        return whole if crop["share"] == 1 else f"the middle {_percent(crop['share'])} of the image"
    return f"a random part of {_between(crop['area'])} of the image's area"


def _affine(affine: Settings) -> str:
    return (
        f"turned by up to {affine['degrees']:g}°, shifted by up to {_percent(affine['translate'])}, "
        f"scaled to {_between(affine['scale'])}, sheared by up to {affine['shear']:g}°"
    )


def _jitter(jitter: Settings) -> str:
    names = ("brightness", "contrast", "saturation", "hue")
    return "changed in " + ", ".join(f"{n} by {jitter[n]:g}" for n in names if jitter[n])


def _just(words: str) -> Callable[[Settings], str]:
    return lambda _: words


_WORDS: dict[str, Callable[[Settings], str]] = {
    "crop": _crop,
    "flip": _just("mirrored left to right"),
    "recrop": lambda crop: f"cropped again, {_between(crop['area'])} of the view's area",
    "rotate": _just("turned by a right angle"),
    "affine": _affine,
    "jitter": _jitter,
    "augment": _just("changed by operations of AutoAugment or RandAugment"),
    "drop": _just("without colour"),
    "warp": _just("bent"),
    "blur": lambda blur: "blurred, sigma {:g} to {:g} px".format(*blur["sigma"]),
    "motion_blur": _just("blurred along a line"),
    "sharpness": _just("sharper or smoother"),
    "solarize": _just("solarised"),
    "solarize_add": _just("its dark values brightened"),
    "posterize": _just("with fewer values"),
    "equalize": _just("with an even histogram"),
    "invert": _just("as a negative"),
    "autocontrast": _just("stretched to the full range of values"),
    "sobel": _just("only its edges"),
    "noise": _just("with noise"),
    "cutout": _just("with a hole"),
    "erase": _just("with a part erased"),
}
"""By the names of a policy's fields; the normalisation stands elsewhere in the card."""
