"""What a number may be. One word has one meaning here, so its range depends on its name alone."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from lookalike.recipe.problems import RecipeError


class _Bound(NamedTuple):
    holds: Callable[[float], bool]
    words: str


_POSITIVE = _Bound(lambda x: x > 0, "above 0")
_NOT_NEGATIVE = _Bound(lambda x: x >= 0, "0 or more")
_SHARE = _Bound(lambda x: 0 <= x <= 1, "from 0 to 1")
_PART = _Bound(lambda x: 0 < x <= 1, "above 0 and at most 1")
_DECAY = _Bound(lambda x: 0 <= x < 1, "at least 0 and below 1")
_COUNT = _Bound(lambda x: x >= 1, "1 or more")

BOUNDS = {
    "amount": _SHARE,
    "area": _PART,
    "aspect": _POSITIVE,
    "autocontrast": _SHARE,
    "base_temperature": _POSITIVE,
    "batch": _Bound(lambda x: x >= 2, "2 or more, because images are compared with each other"),
    "bits": _Bound(lambda x: 0 <= x <= 8, "from 0 to 8"),
    "bottleneck": _COUNT,
    "brightness": _NOT_NEGATIVE,
    "centre_decay": _DECAY,
    "clip": _POSITIVE,
    "contrast": _NOT_NEGATIVE,
    "covariance": _NOT_NEGATIVE,
    "cutmix": _NOT_NEGATIVE,
    "decoder_depth": _COUNT,
    "decoder_heads": _COUNT,
    "decoder_width": _COUNT,
    "degrees": _Bound(lambda x: 0 <= x <= 180, "from 0 to 180"),
    "depth": _COUNT,
    "deviation": _NOT_NEGATIVE,
    "drop": _SHARE,
    "drop_path": _DECAY,
    "each": _SHARE,
    "eps": _NOT_NEGATIVE,
    "epsilon": _POSITIVE,
    "equalize": _SHARE,
    "factor": _NOT_NEGATIVE,
    "fill": _SHARE,
    "flip": _SHARE,
    "held_out": _DECAY,
    "hue": _Bound(lambda x: 0 <= x <= 0.5, "from 0 to 0.5"),
    "hidden": _COUNT,
    "invariance": _NOT_NEGATIVE,
    "invert": _SHARE,
    "iterations": _COUNT,
    "kernel": _PART,
    "layer_decay": _PART,
    "layers": _COUNT,
    "length": _SHARE,
    "level": _NOT_NEGATIVE,
    "limit": _Bound(lambda x: x >= 2, "2 or more"),
    "magnitude": _NOT_NEGATIVE,
    "margin": _NOT_NEGATIVE,
    "mask_ratio": _DECAY,
    "mixup": _NOT_NEGATIVE,
    "momentum": _DECAY,
    "negatives": _NOT_NEGATIVE,
    "noise": _NOT_NEGATIVE,
    "outputs": _COUNT,
    "patch": _COUNT,
    "piece": _COUNT,
    "positives": _NOT_NEGATIVE,
    "predictor_hidden": _COUNT,
    "probability": _SHARE,
    "projector_layers": _COUNT,
    "prototypes": _COUNT,
    "queue": _COUNT,
    "redundancy": _NOT_NEGATIVE,
    "saturation": _NOT_NEGATIVE,
    "scale": _POSITIVE,
    "seed": _NOT_NEGATIVE,
    "share": _PART,
    "shear": _Bound(lambda x: 0 <= x < 90, "at least 0 and below 90"),
    "side": _PART,
    "sigma": _POSITIVE,
    "size": _Bound(lambda x: x >= 4, "4 or more"),
    "smoothing": _DECAY,
    "std": _POSITIVE,
    "target_decay": _SHARE,
    "target_temperature": _POSITIVE,
    "temperature": _POSITIVE,
    "test_size": _Bound(lambda x: x >= 4, "4 or more"),
    "threshold": _SHARE,
    "translate": _DECAY,
    "trust": _POSITIVE,
    "variance": _NOT_NEGATIVE,
    "weight_decay": _NOT_NEGATIVE,
    "width": _COUNT,
}

_RANGES = ("area", "aspect", "bits", "factor", "length", "level", "scale", "side", "sigma")


def check(numbers: Iterable[tuple[str, Any]]) -> None:
    """Looks at every number of a recipe.

    Args:
        numbers: dotted names and values; those that are no numbers are passed over.

    Raises:
        RecipeError: a number is outside its range, or a range is upside down.
    """
    for path, value in numbers:
        name = path.rpartition(".")[2]
        parts = value if isinstance(value, list) else [value]
        bound = BOUNDS.get(name)
        if bound and not all(bound.holds(x) for x in parts if isinstance(x, int | float)):
            raise RecipeError(path, f"{path} cannot be {value}.", do=f"It should be {bound.words}.")
        if name in _RANGES and parts != sorted(parts):
            raise RecipeError(
                path, f"{path} cannot be {value}.", do="It should be the least, then the greatest."
            )
