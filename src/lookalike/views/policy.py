"""What may happen to each view, as data.

A policy is a frozen dataclass of numbers: a paper's table becomes a `replace` of another, a recipe can
change one number, a study can vary it, the documentation can print it. Nothing here imports torch.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

from lookalike.errors import UsageError, did_you_mean, short
from lookalike.views.operations import (
    Affine,
    AutoAugment,
    Blur,
    Cutout,
    Erase,
    Jitter,
    MotionBlur,
    Noise,
    Normalize,
    Posterize,
    RandAugment,
    Rotate,
    Sharpness,
    Sobel,
    Solarize,
    SolarizeAdd,
    Warp,
)

Interpolation = Literal["bilinear", "bicubic"]


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A random part of the image, resized to the view's size.

    Args:
        area: least and greatest share of the image's area.
        aspect: least and greatest width / height.
        draw: "torchvision" draws the area uniformly and the aspect log-uniformly, 10 attempts, then
            the largest centred part; "tensorflow" draws the aspect uniformly and then the height
            uniformly among those that fit, as SimCLR's and SupCon's code do; "byol" draws area and
            aspect once, as torchvision, and cuts off what sticks out (BYOL's code, and MAE's linear
            probe).
        interpolation: how it is resized.
        antialias: whether shrinking averages all pixels it covers.
        shared: the same part of the image for all its views, so that only the operations tell them
            apart (SimCLR, figure 5).
    """

    area: tuple[float, float] = (0.08, 1.0)
    aspect: tuple[float, float] = (3 / 4, 4 / 3)
    draw: Literal["torchvision", "tensorflow", "byol"] = "torchvision"
    interpolation: Interpolation = "bicubic"
    antialias: bool = True
    shared: bool = False


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The whole image, or its middle, resized to the view's size: what evaluation sees.

    Args:
        share: side of the centred square taken, as a share of the image's short side, so 224 / 256
            is the papers' "resize to 256, centre crop 224".
        interpolation: how it is resized.
    """

    share: float = 1.0
    interpolation: Interpolation = "bicubic"


@dataclass(frozen=True, kw_only=True, repr=False)
class Policy:
    """Everything that may happen to one view, in the order it happens.

    A plain number is a probability: the share of views the operation happens to.

    Args:
        size: side of the square view in pixels.
        crop: which part of the image is seen.
        flip: probability of a horizontal flip.
        recrop: a second crop, of the view itself (SimCLR, figure 5), or none.
        rotate: right angles, or none.
        affine: change of place and form, or none.
        jitter: colour distortion, or none.
        augment: AutoAugment or RandAugment, or none.
        drop: losing all colour.
        warp: a smooth bend, or none.
        blur: Gaussian blur, or none.
        motion_blur: blur along a line, or none.
        sharpness: change of sharpness, or none.
        solarize: inversion of light values, or none.
        solarize_add: brightening of dark values, or none.
        posterize: fewer values, or none.
        equalize: an even histogram in each channel.
        invert: the negative.
        autocontrast: each channel stretched to its full range.
        sobel: edges, or none.
        noise: Gaussian noise, or none.
        cutout: a square hole, or none.
        normalize: standardisation of the values, or none.
        erase: random erasing, or none.
        first: names of operations that happen before the others, in this order; the others follow
            in the order above.

    Raises:
        UsageError: `first` names something else, or something twice.
    """

    size: int = 224
    crop: Crop | Fit = Crop()
    flip: float = 0.5
    recrop: Crop | None = None
    rotate: Rotate | None = None
    affine: Affine | None = None
    jitter: Jitter | None = None
    augment: AutoAugment | RandAugment | None = None
    drop: float = 0.0
    warp: Warp | None = None
    blur: Blur | None = None
    motion_blur: MotionBlur | None = None
    sharpness: Sharpness | None = None
    solarize: Solarize | None = None
    solarize_add: SolarizeAdd | None = None
    posterize: Posterize | None = None
    equalize: float = 0.0
    invert: float = 0.0
    autocontrast: float = 0.0
    sobel: Sobel | None = None
    noise: Noise | None = None
    cutout: Cutout | None = None
    normalize: Normalize | None = None
    erase: Erase | None = None
    first: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.first:
            if name not in OPERATIONS:
                raise UsageError(
                    f"There is no operation {short(name)} that could come first.",
                    do=did_you_mean(name, OPERATIONS),
                )
        if len(set(self.first)) < len(self.first):
            raise UsageError(
                f"first={list(self.first)} names an operation twice.", do="Name each once."
            )

    def __repr__(self) -> str:
        """Only what differs from the defaults, as a policy has many fields and uses few."""
        changed = [f.name for f in fields(self) if getattr(self, f.name) != f.default]
        return f"Policy({', '.join(f'{name}={getattr(self, name)!r}' for name in changed)})"

    def operations(self) -> Iterator[tuple[str, Any]]:
        """Names and settings of what may happen after crop and flip, in order.

        A setting is a dataclass of `lookalike.views.operations`, a `Crop`, or a probability.
        """
        for name in dict.fromkeys((*self.first, *OPERATIONS)):
            if settings := getattr(self, name):
                yield name, settings


_NOT_OPERATIONS = ("size", "crop", "flip", "first")
OPERATIONS = tuple(f.name for f in fields(Policy) if f.name not in _NOT_OPERATIONS)
"""Names of the operations in their usual order."""
