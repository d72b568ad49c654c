"""What was drawn for a view, in a few words for people."""

from collections.abc import Callable, Iterator

from lookalike.views.augment_tables import OPERATIONS
from lookalike.views.policy import Crop, Policy
from lookalike.views.render import Drawn

Numbers = list[float]


def words(policy: Policy, drawn: Drawn, area: int) -> Iterator[str]:
    """What happened to one image, in order.

    Args:
        policy: the one `drawn` was drawn from.
        drawn: one row.
        area: of the image in pixels.
    """
    if isinstance(policy.crop, Crop):
        yield f"{int(drawn.box[0, 2:].prod()) / area:.0%} of it"
    if drawn.flip[0]:
        yield "flipped"
    for name, chance in drawn.operations.items():
        if chance.happens[0] and name in _WORDS:
            yield from _WORDS[name](chance.numbers[0].flatten().tolist())


def _jitter(numbers: Numbers) -> Iterator[str]:
    for letter, number in zip("bcs", numbers, strict=False):
        yield f"{letter} {number:.2f}"
    yield f"h {numbers[3]:+.2f}"


def _program(numbers: Numbers) -> Iterator[str]:
    for step in range(0, len(numbers), 4):
        name, argument = OPERATIONS[int(numbers[step])], numbers[step + 1]
        if name != "identity":
            yield f"{name} {argument:.3g}" if argument else name


def _said(template: str) -> Callable[[Numbers], Iterator[str]]:
    return lambda numbers: iter([template.format(*numbers)])


_WORDS: dict[str, Callable[[Numbers], Iterator[str]]] = {
    "recrop": lambda box: iter([f"{box[2]:.0f}x{box[3]:.0f} px of it"]),
    "rotate": lambda quarters: iter([f"turned {90 * quarters[0]:.0f}°"]),
    "affine": _said("moved"),
    "jitter": _jitter,
    "augment": _program,
    "drop": _said("grey"),
    "warp": _said("bent"),
    "blur": _said("blur {:.1f}"),
    "motion_blur": _said("{:.0f} px at {:.0f}°"),
    "sharpness": _said("sharpness {:.2f}"),
    "solarize": _said("solarised"),
    "solarize_add": _said("dark +{:.2f}"),
    "posterize": _said("{:.0f} bits"),
    "equalize": _said("equalised"),
    "invert": _said("negative"),
    "autocontrast": _said("stretched"),
    "sobel": _said("edges"),
    "noise": _said("noise {:.3f}"),
    "cutout": lambda hole: iter([f"hole {hole[2]:.0f} px"]),
    "erase": lambda box: iter([f"erased {box[2]:.0f}x{box[3]:.0f} px"]),
}
"""For each operation but the normalisation, which is not shown."""
