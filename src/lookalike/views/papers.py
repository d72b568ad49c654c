"""What SimCLR, SupCon, BYOL and MAE do to an image, number by number."""

from dataclasses import replace

from lookalike.views.operations import (
    Affine,
    AutoAugment,
    Blur,
    Erase,
    Jitter,
    MotionBlur,
    Normalize,
    RandAugment,
    Sobel,
    Solarize,
    Warp,
)
from lookalike.views.policy import Crop, Fit, Policy


def strength(s: float) -> Jitter:
    """SimCLR's colour distortion of strength `s` (arXiv 2002.05709, appendix A, pseudo-code)."""
    return Jitter(brightness=0.8 * s, contrast=0.8 * s, saturation=0.8 * s, hue=0.2 * s)


IMAGENET = Normalize()
CIFAR10 = Normalize(mean=(0.4914, 0.4822, 0.4465), std=(0.2023, 0.1994, 0.2010))
SIGNED = Normalize(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
"""Values in [-1, 1]."""

# SimCLR on ImageNet: arXiv 2002.05709, section 2.1 and appendix A. The official code does not
# standardise the values, and resizes bicubically.
SIMCLR = Policy(
    size=224,
    crop=Crop(area=(0.08, 1.0), aspect=(3 / 4, 4 / 3), interpolation="bicubic"),
    flip=0.5,
    jitter=strength(1.0),
    drop=0.2,
    blur=Blur(probability=0.5, sigma=(0.1, 2.0), kernel=0.1),
)

# The same as the official code does it, with the first version's additive brightness.
SIMCLR_CODE = replace(
    SIMCLR,
    crop=Crop(area=(0.08, 1.0), draw="tensorflow", antialias=False),
    jitter=replace(strength(1.0), form="tensorflow"),
    blur=Blur(probability=0.5, border="black", shared=True),
)

# The broader policy of appendix B.2, which names the operations only: how often each happens is ours.
SIMCLR_BROAD = replace(
    SIMCLR,
    motion_blur=MotionBlur(probability=0.2),
    solarize=Solarize(probability=0.2),
    equalize=0.2,
    sobel=Sobel(probability=0.2),
)

# SimCLR on CIFAR-10: appendix B.9. Half the distortion, and no blur.
SIMCLR_CIFAR = Policy(size=32, crop=SIMCLR.crop, flip=0.5, jitter=strength(0.5), drop=0.2)

# Ours, for 8 x 8 handwritten digits: a mirrored 2 is not a 2, a crop turns an 8 into a 3, and there
# is no colour; what leaves a digit itself is a slightly different hand.
DIGITS = Policy(
    size=8,
    crop=Fit(),
    flip=0.0,
    affine=Affine(degrees=20.0, translate=0.15, scale=(0.8, 1.2), shear=15.0),
)

# SupCon on ImageNet: arXiv 2004.11362, section 4 and the official TensorFlow code. AutoAugment
# trained the best ResNet-50, Stacked RandAugment the best ResNet-200. The paper puts RandAugment
# before the colour distortion, the code after it; `first=("augment",)` is the paper's.
SUPCON = Policy(
    size=224,
    crop=Crop(area=(0.08, 1.0), draw="tensorflow", interpolation="bilinear", antialias=False),
    flip=0.5,
    augment=AutoAugment(table="v0"),
    normalize=SIGNED,
)
SUPCON_SIM = replace(
    SUPCON,
    augment=None,
    jitter=replace(strength(1.0), form="tensorflow-v2"),
    drop=0.2,
    blur=Blur(probability=0.5, border="grey"),
)
SUPCON_RAND = replace(SUPCON, augment=RandAugment(form="tensorflow", magnitude=10.0))
SUPCON_STACKED = replace(SUPCON_SIM, augment=SUPCON_RAND.augment, warp=Warp(probability=0.5))

# SupCon on CIFAR-10: the official PyTorch code. No blur, and larger crops than SimCLR's.
SUPCON_CIFAR = Policy(
    size=32,
    crop=Crop(area=(0.2, 1.0), interpolation="bilinear"),
    flip=0.5,
    jitter=Jitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1),
    drop=0.2,
    normalize=CIFAR10,
)

# BYOL: arXiv 2006.07733, appendix B and table 6. The views differ in blur and solarisation. That
# crops are drawn once and colours changed as in TensorFlow is the official code's.
BYOL_FIRST = Policy(
    size=224,
    crop=Crop(area=(0.08, 1.0), draw="byol", antialias=False),
    flip=0.5,
    jitter=Jitter(brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1, form="tensorflow"),
    drop=0.2,
    blur=Blur(probability=1.0, border="black"),
    normalize=IMAGENET,
)
BYOL_SECOND = replace(
    BYOL_FIRST,
    blur=Blur(probability=0.1, border="black"),
    solarize=Solarize(probability=0.2),
)

# BYOL on CIFAR-10, which the paper does not have: no blur, as in the field's later comparisons.
BYOL_CIFAR_FIRST = replace(BYOL_FIRST, size=32, blur=None, normalize=CIFAR10)
BYOL_CIFAR_SECOND = replace(BYOL_CIFAR_FIRST, solarize=Solarize(probability=0.2))

# MAE: arXiv 2111.06377, appendix A.1, tables 8 to 10. Pre-training needs hardly any distortion.
MAE = Policy(size=224, crop=Crop(area=(0.2, 1.0)), flip=0.5, normalize=IMAGENET)
MAE_CIFAR = replace(MAE, size=32, normalize=CIFAR10)
MAE_LINEAR = replace(MAE, crop=Crop(area=(0.08, 1.0), draw="byol"))
MAE_FINETUNE = replace(
    MAE,
    crop=Crop(area=(0.08, 1.0)),
    augment=RandAugment(form="timm", magnitude=9.0, deviation=0.5, each=0.5),
    erase=Erase(probability=0.25),
)

# What the papers' linear probes train on: crop and flip (SimCLR B.6; BYOL standardises, too).
LINEAR = Policy(size=224, crop=Crop(area=(0.08, 1.0)), flip=0.5)
LINEAR_CIFAR = Policy(size=32, crop=SUPCON_CIFAR.crop, flip=0.5, normalize=CIFAR10)
