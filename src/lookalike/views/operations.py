"""What may happen to a view after its crop, as data: one frozen dataclass for each operation.

`probability` is everywhere the share of views it happens to; the numbers of each view are its own.
Operations without numbers (colour drop, equalise, …) are plain probabilities in `Policy`. Lengths are
shares of the view's side unless pixels are said, values are shares of white. Nothing here imports
torch.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Rotate:
    """A turn by 90, 180 or 270 degrees (SimCLR, figure 4). Free angles are `Affine`'s."""

    probability: float = 1.0


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
class Warp:
    """A smooth bend: four inner points at thirds of the side are moved (SupCon's SimAugment).

    Args:
        probability: share of views it happens to.
        length: greatest standard deviation of the points' shifts; 23 pixels at 224.
    """

    probability: float = 0.5
    length: float = 23 / 224


@dataclass(frozen=True, kw_only=True)
class Jitter:
    """Colour distortion.

    Args:
        probability: share of views it happens to.
        brightness: factors lie in [max(0, 1 - b), 1 + b].
        contrast: likewise.
        saturation: likewise.
        hue: shifts lie in [-h, h], as a share of the colour circle, at most 0.5.
        order: "random" draws one of the 24 orders for each view; "fixed" is brightness, contrast,
            saturation, hue.
        form: "torchvision" is torchvision's ColorJitter: contrast about the mean of the grey image,
            saturation as a blend with it. "tensorflow" is what the official codes of SimCLR (as
            published) and BYOL do: brightness is an amount in [-b, b] that is added, contrast goes
            about each channel's mean, saturation multiplies that of HSV. "tensorflow-v2", the later
            default of SimCLR's code, multiplies brightness and is "tensorflow" otherwise.
    """

    probability: float = 0.8
    brightness: float = 0.8
    contrast: float = 0.8
    saturation: float = 0.8
    hue: float = 0.2
    order: Literal["random", "fixed"] = "random"
    form: Literal["torchvision", "tensorflow", "tensorflow-v2"] = "torchvision"


@dataclass(frozen=True, kw_only=True)
class AutoAugment:
    """One of 25 learned pairs of operations, each with its own probability (arXiv 1805.09501).

    Args:
        probability: share of views it happens to.
        table: "imagenet" and "cifar10" are the paper's, with torchvision's magnitudes; "v0" is the
            TensorFlow model garden's, which SupCon's ImageNet code uses.
    """

    probability: float = 1.0
    table: Literal["imagenet", "cifar10", "v0"] = "imagenet"


@dataclass(frozen=True, kw_only=True)
class RandAugment:
    """Some operations of 14 to 16, drawn at random (arXiv 1909.13719).

    Args:
        probability: share of views it happens to.
        form: whose operations, ranges and filling: "torchvision"; "tensorflow", the model garden's
            as SupCon uses it; "timm", whose increasing variants MAE's fine-tuning uses.
        layers: how many operations, one after the other.
        magnitude: their strength, of 10 (of 30 in the form of torchvision).
        deviation: standard deviation of the magnitude from view to view.
        each: probability of each operation that was drawn.
    """

    probability: float = 1.0
    form: Literal["torchvision", "tensorflow", "timm"] = "torchvision"
    layers: int = 2
    magnitude: float = 9.0
    deviation: float = 0.0
    each: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Blur:
    """Gaussian blur.

    Args:
        probability: share of views it happens to.
        sigma: least and greatest standard deviation in pixels.
        kernel: width of the kernel as a share of the view's side; the number of taps is the odd
            number 2 * (int(kernel * size) // 2) + 1, at least 3.
        border: what lies outside: the image mirrored, as in torchvision; black, as in SimCLR's and
            BYOL's code; or grey, as in SupCon's, which blurs values from -1 to 1.
        shared: one standard deviation for all views of a batch, as SimCLR's code draws it. Views
            then depend on what else is in the batch.
    """

    probability: float = 0.5
    sigma: tuple[float, float] = (0.1, 2.0)
    kernel: float = 0.1
    border: Literal["mirrored", "black", "grey"] = "mirrored"
    shared: bool = False


@dataclass(frozen=True, kw_only=True)
class MotionBlur:
    """The mean along a line in any direction, as if the camera had moved.

    Args:
        probability: share of views it happens to.
        length: least and greatest length of the line.
    """

    probability: float = 0.5
    length: tuple[float, float] = (0.02, 0.1)


@dataclass(frozen=True, kw_only=True)
class Sharpness:
    """Blends with a smoothed copy: factors below 1 blur and above 1 sharpen.

    Args:
        probability: share of views it happens to.
        factor: least and greatest.
    """

    probability: float = 0.5
    factor: tuple[float, float] = (0.1, 1.9)


@dataclass(frozen=True, kw_only=True)
class Solarize:
    """Inverts values from the threshold on (BYOL, appendix B)."""

    probability: float = 0.2
    threshold: float = 0.5


@dataclass(frozen=True, kw_only=True)
class SolarizeAdd:
    """Brightens values below 128 of 255 by up to `amount`, drawn for each view."""

    probability: float = 0.2
    amount: float = 110 / 255


@dataclass(frozen=True, kw_only=True)
class Posterize:
    """Keeps only the highest of eight bits.

    Args:
        probability: share of views it happens to.
        bits: least and greatest number of them.
    """

    probability: float = 0.2
    bits: tuple[int, int] = (4, 8)


@dataclass(frozen=True, kw_only=True)
class Sobel:
    """Edges: the length of the Sobel gradient of the grey image, from 0 to 1, in all channels."""

    probability: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Gaussian noise on every value, clipped to black and white.

    Args:
        probability: share of views it happens to.
        level: least and greatest standard deviation. SimCLR's was never published; this is ours.
    """

    probability: float = 1.0
    level: tuple[float, float] = (0.0, 0.1)


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """A square hole, wholly inside the view.

    Args:
        probability: share of views it happens to.
        side: least and greatest. SimCLR's was never published; this is ours.
        fill: its value.
    """

    probability: float = 1.0
    side: tuple[float, float] = (0.1, 0.5)
    fill: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Erase:
    """Random erasing, after the normalisation (timm's, which MAE's fine-tuning uses).

    Args:
        probability: share of views it happens to.
        area: least and greatest share of the view's area; 10 attempts to place it.
        aspect: least and greatest height / width, drawn log-uniformly.
        fill: "noise" is drawn from N(0, 1) for every value; "zero" is the mean colour.
    """

    probability: float = 0.25
    area: tuple[float, float] = (0.02, 1 / 3)
    aspect: tuple[float, float] = (0.3, 1 / 0.3)
    fill: Literal["noise", "zero"] = "noise"


@dataclass(frozen=True, kw_only=True)
class Normalize:
    """Subtract the mean and divide by the standard deviation, per channel, of values in [0, 1]."""

    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
