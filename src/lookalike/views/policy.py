"""What may happen to each view, as data.

A policy is a frozen dataclass of numbers: a paper's table becomes a `replace` of another, a recipe can
change one number, a study can vary it, the documentation can print it. Nothing here imports torch.
"""

from dataclasses import dataclass
from typing import Literal

Interpolation = Literal["bilinear", "bicubic"]


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A random part of the image, resized to the view's size.

    Args:
        area: least and greatest share of the image's area.
        aspect: least and greatest width / height.
        draw: "torchvision" draws the area uniformly and the aspect log-uniformly, 10 attempts, then
            the largest centred part; "tensorflow" draws the aspect uniformly and then the height
            uniformly among those that fit, as SimCLR's and SupCon's code do.
        interpolation: how it is resized.
        antialias: whether shrinking averages all pixels it covers.
    """

    area: tuple[float, float] = (0.08, 1.0)
    aspect: tuple[float, float] = (3 / 4, 4 / 3)
    draw: Literal["torchvision", "tensorflow"] = "torchvision"
    interpolation: Interpolation = "bicubic"
    antialias: bool = True


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


@dataclass(frozen=True, kw_only=True)
class Affine:
    """A gentle change of place and form, for images that colour and flips would spoil.

    Args:
        probability: share of views it happens to.
        degrees: greatest rotation to either side.
        translate: greatest shift to either side, as a share of the image's side.
        scale: least and greatest enlargement.
        shear: greatest horizontal shear to either side, in degrees.
    """

    probability: float = 1.0
    degrees: float = 15.0
    translate: float = 0.1
    scale: tuple[float, float] = (0.9, 1.1)
    shear: float = 10.0


@dataclass(frozen=True, kw_only=True)
class Jitter:
    """Colour distortion; the numbers are those of torchvision's ColorJitter.

    Args:
        probability: share of views it happens to.
        brightness: factors lie in [max(0, 1 - b), 1 + b].
        contrast: likewise.
        saturation: likewise.
        hue: shifts lie in [-h, h], as a share of the colour circle, at most 0.5.
        order: "random" draws one of the 24 orders for each view; "fixed" is brightness, contrast,
            saturation, hue.
    """

    probability: float = 0.8
    brightness: float = 0.8
    contrast: float = 0.8
    saturation: float = 0.8
    hue: float = 0.2
    order: Literal["random", "fixed"] = "random"


@dataclass(frozen=True, kw_only=True)
class Blur:
    """Gaussian blur.

    Args:
        probability: share of views it happens to.
        sigma: least and greatest standard deviation in pixels.
        kernel: width of the kernel as a share of the view's side; the number of taps is the odd
            number 2 * (int(kernel * size) // 2) + 1, at least 3.
    """

    probability: float = 0.5
    sigma: tuple[float, float] = (0.1, 2.0)
    kernel: float = 0.1


@dataclass(frozen=True, kw_only=True)
class Normalize:
    """Subtract the mean and divide by the standard deviation, per channel, of values in [0, 1]."""

    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Everything that may happen to one view, in the order it happens.

    Args:
        size: side of the square view in pixels.
        crop: which part of the image is seen.
        flip: probability of a horizontal flip.
        affine: change of place and form, or none.
        jitter: colour distortion, or none.
        drop: probability of losing all colour.
        blur: Gaussian blur, or none.
        normalize: standardisation of the values, or none.
    """

    size: int = 224
    crop: Crop | Fit = Crop()
    flip: float = 0.5
    affine: Affine | None = None
    jitter: Jitter | None = None
    drop: float = 0.0
    blur: Blur | None = None
    normalize: Normalize | None = None
