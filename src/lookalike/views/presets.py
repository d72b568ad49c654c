"""The views of the papers, by name, and what evaluation sees. Nothing here imports torch."""

from dataclasses import replace
from typing import Any

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
from lookalike.views.policy import Crop, Fit, Policy


def strength(s: float) -> Jitter:
    """SimCLR's colour distortion of strength `s` (arXiv 2002.05709, appendix A, pseudo-code)."""
    return Jitter(brightness=0.8 * s, contrast=0.8 * s, saturation=0.8 * s, hue=0.2 * s)


def plain(policy: Policy) -> Policy:
    """What evaluation shows to an encoder trained on `policy`: same size, nothing random.

    Small views see the whole image; larger ones the middle 224 / 256 of it, as the papers do.
    """
    fit = Fit(
        share=1.0 if policy.size <= 96 else 224 / 256, interpolation=policy.crop.interpolation
    )
    return Policy(size=policy.size, crop=fit, flip=0.0, normalize=policy.normalize)


def only(operation: str, size: int = 224) -> Policy:
    """The whole image with one operation, which always happens: to look at it, or to study it.

    Args:
        operation: of `lookalike.views.policy.OPERATIONS`, or "crop" or "flip".
        size: side of the view.
    """
    whole = Policy(size=size, crop=Fit(), flip=0.0)
    settings = SINGLE[operation]
    if not isinstance(settings, float):
        names = settings.__dataclass_fields__
        settings = replace(settings, probability=1.0) if "probability" in names else settings
    return replace(whole, **{operation: settings})


SINGLE: dict[str, Any] = {
    "crop": Crop(),
    "flip": 1.0,
    "recrop": Crop(),
    "rotate": Rotate(),
    "affine": Affine(),
    "jitter": strength(1.0),
    "augment": RandAugment(),
    "drop": 1.0,
    "warp": Warp(),
    "blur": Blur(),
    "motion_blur": MotionBlur(),
    "sharpness": Sharpness(),
    "solarize": Solarize(),
    "solarize_add": SolarizeAdd(),
    "posterize": Posterize(),
    "equalize": 1.0,
    "invert": 1.0,
    "autocontrast": 1.0,
    "sobel": Sobel(),
    "noise": Noise(),
    "cutout": Cutout(),
    "erase": Erase(),
}
"""Each operation by itself, in its usual strength."""

IMAGENET = Normalize()
CIFAR10 = Normalize(mean=(0.4914, 0.4822, 0.4465), std=(0.2023, 0.1994, 0.2010))
SIGNED = Normalize(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
"""Values in [-1, 1]."""

# SimCLR on ImageNet: arXiv 2002.05709, section 2.1 and appendix A. The official code does not
# standardise the values, and resizes bicubically.
_SIMCLR = Policy(
    size=224,
    crop=Crop(area=(0.08, 1.0), aspect=(3 / 4, 4 / 3), interpolation="bicubic"),
    flip=0.5,
    jitter=strength(1.0),
    drop=0.2,
    blur=Blur(probability=0.5, sigma=(0.1, 2.0), kernel=0.1),
)

# The same as the official code does it, with the first version's additive brightness.
_SIMCLR_CODE = replace(
    _SIMCLR,
    crop=Crop(area=(0.08, 1.0), draw="tensorflow", antialias=False),
    jitter=replace(strength(1.0), form="tensorflow"),
    blur=Blur(probability=0.5, border="black", shared=True),
)

# The broader policy of appendix B.2, which names the operations only: how often each happens is ours.
_SIMCLR_BROAD = replace(
    _SIMCLR,
    motion_blur=MotionBlur(probability=0.2),
    solarize=Solarize(probability=0.2),
    equalize=0.2,
    sobel=Sobel(probability=0.2),
)

# SimCLR on CIFAR-10: appendix B.9. Half the distortion, and no blur.
_SIMCLR_CIFAR = Policy(size=32, crop=_SIMCLR.crop, flip=0.5, jitter=strength(0.5), drop=0.2)

# Ours, for 8 x 8 handwritten digits: a mirrored 2 is not a 2, a crop turns an 8 into a 3, and there
# is no colour; what leaves a digit itself is a slightly different hand.
_DIGITS = Policy(
    size=8,
    crop=Fit(),
    flip=0.0,
    affine=Affine(degrees=20.0, translate=0.15, scale=(0.8, 1.2), shear=15.0),
)

# SupCon on ImageNet: arXiv 2004.11362, section 4 and the official TensorFlow code. AutoAugment
# trained the best ResNet-50, Stacked RandAugment the best ResNet-200. The paper puts RandAugment
# before the colour distortion, the code after it; `first=("augment",)` is the paper's.
_SUPCON = Policy(
    size=224,
    crop=Crop(area=(0.08, 1.0), draw="tensorflow", interpolation="bilinear", antialias=False),
    flip=0.5,
    augment=AutoAugment(table="v0"),
    normalize=SIGNED,
)
_SUPCON_SIM = replace(
    _SUPCON,
    augment=None,
    jitter=replace(strength(1.0), form="tensorflow-v2"),
    drop=0.2,
    blur=Blur(probability=0.5, border="grey"),
)
_SUPCON_RAND = replace(_SUPCON, augment=RandAugment(form="tensorflow", magnitude=10.0))
_SUPCON_STACKED = replace(_SUPCON_SIM, augment=_SUPCON_RAND.augment, warp=Warp(probability=0.5))

# SupCon on CIFAR-10: the official PyTorch code. No blur, and larger crops than SimCLR's.
_SUPCON_CIFAR = Policy(
    size=32,
    crop=Crop(area=(0.2, 1.0), interpolation="bilinear"),
    flip=0.5,
    jitter=Jitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1),
    drop=0.2,
    normalize=CIFAR10,
)

# BYOL: arXiv 2006.07733, appendix B and table 6. The views differ in blur and solarisation. That
# crops are drawn once and colours changed as in TensorFlow is the official code's.
_BYOL_FIRST = Policy(
    size=224,
    crop=Crop(area=(0.08, 1.0), draw="byol", antialias=False),
    flip=0.5,
    jitter=Jitter(brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1, form="tensorflow"),
    drop=0.2,
    blur=Blur(probability=1.0, border="black"),
    normalize=IMAGENET,
)
_BYOL_SECOND = replace(
    _BYOL_FIRST,
    blur=Blur(probability=0.1, border="black"),
    solarize=Solarize(probability=0.2),
)

# MAE: arXiv 2111.06377, appendix A.1, tables 8 to 10. Pre-training needs hardly any distortion.
_MAE = Policy(size=224, crop=Crop(area=(0.2, 1.0)), flip=0.5, normalize=IMAGENET)
_MAE_LINEAR = replace(_MAE, crop=Crop(area=(0.08, 1.0), draw="byol"))
_MAE_FINETUNE = replace(
    _MAE,
    crop=Crop(area=(0.08, 1.0)),
    augment=RandAugment(form="timm", magnitude=9.0, deviation=0.5, each=0.5),
    erase=Erase(probability=0.25),
)

# What the papers' linear probes train on: crop and flip (SimCLR B.6; BYOL standardises, too).
_LINEAR = Policy(size=224, crop=Crop(area=(0.08, 1.0)), flip=0.5)

POLICIES: dict[str, tuple[Policy, ...]] = {
    "simclr": (_SIMCLR, _SIMCLR),
    "simclr-code": (_SIMCLR_CODE, _SIMCLR_CODE),
    "simclr-broad": (_SIMCLR_BROAD, _SIMCLR_BROAD),
    "simclr-cifar": (_SIMCLR_CIFAR, _SIMCLR_CIFAR),
    "simclr-digits": (_DIGITS, _DIGITS),
    "supcon": (_SUPCON, _SUPCON),
    "supcon-simaugment": (_SUPCON_SIM, _SUPCON_SIM),
    "supcon-randaugment": (_SUPCON_RAND, _SUPCON_RAND),
    "supcon-stacked": (_SUPCON_STACKED, _SUPCON_STACKED),
    "supcon-cifar": (_SUPCON_CIFAR, _SUPCON_CIFAR),
    "byol": (_BYOL_FIRST, _BYOL_SECOND),
    "mae": (_MAE,),
    "mae-linear": (_MAE_LINEAR,),
    "mae-finetune": (_MAE_FINETUNE,),
    "linear": (_LINEAR,),
}
"""One policy per view."""
