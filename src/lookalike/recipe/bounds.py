"""What a number may be. One word has one meaning here, so its range depends on its name alone."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from lookalike.recipe.problems import cannot


class _Bound(NamedTuple):
    holds: Callable[[float], bool]
    words: str


_POSITIVE = _Bound(lambda x: x > 0, "above 0")
_NOT_NEGATIVE = _Bound(lambda x: x >= 0, "0 or more")
_SHARE = _Bound(lambda x: 0 <= x <= 1, "from 0 to 1")
_PART = _Bound(lambda x: 0 < x <= 1, "above 0 and at most 1")
_DECAY = _Bound(lambda x: 0 <= x < 1, "at least 0 and below 1")


def _between(low: int, high: int) -> _Bound:
    return _Bound(lambda x: low <= x <= high, f"from {low} to {high:,}")


_COUNT = _between(1, 1_000_000)
_LAYERS = _between(1, 1000)  # more are built forever
_SIDE = _between(4, 10_000)

BOUNDS = {
    "amount": _SHARE,
    "area": _PART,
    "aspect": _POSITIVE,
    "autocontrast": _SHARE,
    "average_decay": _DECAY,
    "base_temperature": _POSITIVE,
    "batch": _Bound(
        lambda x: 2 <= x <= 10_000_000,
        "from 2 to 10,000,000, because images are compared with each other",
    ),
    "bins": _COUNT,
    "bits": _between(0, 8),
    "bottleneck": _COUNT,
    "brightness": _NOT_NEGATIVE,
    "centre_decay": _DECAY,
    "clip": _POSITIVE,
    "clusters": _COUNT,
    "components": _COUNT,
    "contrast": _NOT_NEGATIVE,
    "covariance": _NOT_NEGATIVE,
    "cutmix": _NOT_NEGATIVE,
    "decay": _NOT_NEGATIVE,
    "decoder_depth": _LAYERS,
    "decoder_heads": _COUNT,
    "decoder_width": _between(1, 100_000),
    "degrees": _between(0, 180),
    "depth": _LAYERS,
    "deviation": _NOT_NEGATIVE,
    "draws": _COUNT,
    "drop": _SHARE,
    "drop_path": _DECAY,
    "each": _SHARE,
    "epochs": _COUNT,
    "eps": _NOT_NEGATIVE,
    "epsilon": _POSITIVE,
    "equalize": _SHARE,
    "factor": _NOT_NEGATIVE,
    "fill": _SHARE,
    "flip": _SHARE,
    "held_out": _DECAY,
    "hidden": _COUNT,
    "hue": _Bound(lambda x: 0 <= x <= 0.5, "from 0 to 0.5"),
    "images": _COUNT,
    "invariance": _NOT_NEGATIVE,
    "invert": _SHARE,
    "iterations": _LAYERS,
    "k": _COUNT,
    "kernel": _PART,
    "label_noise": _SHARE,
    "layer_decay": _PART,
    "layers": _LAYERS,
    "length": _SHARE,
    "level": _NOT_NEGATIVE,
    "limit": _between(2, 10**12),
    "magnitude": _NOT_NEGATIVE,
    "margin": _NOT_NEGATIVE,
    "mask_ratio": _DECAY,
    "mixup": _NOT_NEGATIVE,
    "momentum": _DECAY,
    "negatives": _NOT_NEGATIVE,
    "neighbours": _COUNT,
    "noise": _NOT_NEGATIVE,
    "outputs": _COUNT,
    "patch": _COUNT,
    "piece": _COUNT,
    "pixels": _between(1, 10**12),
    "positives": _NOT_NEGATIVE,
    "predictor_depth": _LAYERS,
    "predictor_hidden": _COUNT,
    "predictor_rate": _NOT_NEGATIVE,
    "probability": _SHARE,
    "projector_depth": _LAYERS,
    "projector_layers": _LAYERS,
    "projector_rate": _NOT_NEGATIVE,
    "prototypes": _COUNT,
    "queue": _COUNT,
    "rate": _POSITIVE,
    "redundancy": _NOT_NEGATIVE,
    "restarts": _COUNT,
    "saturation": _NOT_NEGATIVE,
    "scale": _POSITIVE,
    "seed": _between(0, 2**63 - 1),
    "severities": _between(1, 5),
    "share": _PART,
    "shear": _Bound(lambda x: 0 <= x < 90, "at least 0 and below 90"),
    "shots": _COUNT,
    "side": _PART,
    "sigma": _POSITIVE,
    "size": _SIDE,
    "smoothing": _DECAY,
    "std": _POSITIVE,
    "target_decay": _SHARE,
    "target_temperature": _POSITIVE,
    "temperature": _POSITIVE,
    "test_size": _SIDE,
    "threshold": _SHARE,
    "tolerate": _SHARE,
    "translate": _DECAY,
    "trust": _POSITIVE,
    "variance": _NOT_NEGATIVE,
    "weight_decay": _NOT_NEGATIVE,
    "width": _between(1, 10_000),
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
        parts = [*value] if isinstance(value, list | tuple) else [value]
        bound = BOUNDS.get(name)
        if bound and not all(bound.holds(x) for x in parts if isinstance(x, int | float)):
            raise cannot(path, value, do=f"It should be {bound.words}.")
        if name in _RANGES and parts != sorted(parts):
            raise cannot(path, value, do="It should be the least, then the greatest.")
